"""The table of clients that only ask: of clusters, containers, brokers, databases, machines.

The notation is that of `commands`. `+kube` stands for the options every kubectl command takes.
"""

from __future__ import annotations

_STATES = (
    r"(ActiveState|SubState|LoadState|UnitFileState|MainPID|NRestarts|Result|Restart|RestartUSec"
    r"|ExecMain(PID|Code|Status)|Memory\w*|CPU\w*|Tasks\w*|Limit\w+|StateChangeTimestamp"
    r"|ActiveEnterTimestamp|,)+"
)
_SETTINGS = (
    r"maxmemory(-\w+)?|timeout|save|append\w+|maxclients|databases|port|bind|tcp-\w+|loglevel|hz"
    r"|(slowlog|lazyfree|notify|repl|min-replicas|cluster)-[\w-]+|client-output-buffer-limit"
)
FAMILIES = {
    "+kube": (
        "An:l:c: --namespace= --all-namespaces --selector= --field-selector= --context="
        " --cluster= --no-headers --request-timeout="
    ),
    "+unit": f"-p~{_STATES} --property~{_STATES}",
    "+redis": f"each:{_SETTINGS}",
    "+far": r"each:(?!\w+://(169\.254|metadata|\[)).*",
    "+kafka": "--bootstrap-server= --zookeeper= --command-config= --timeout=",
    "+etcd": "w: --write-out= --endpoints= --cacert= --cert= --key= --cluster --command-timeout=",
}

CLIENTS = r"""
docker ps               aqnls --all --no-trunc --filter= --format= --last= f:
docker container ls     aqnls --all --no-trunc --filter= --format= --last= f:
docker logs             tn: --tail= --since= --until= --timestamps --details <=1
docker stats            a --no-stream --no-trunc --format= --all
docker top              <=1
docker images           aq --all --filter= --format=
docker image ls         aq --all --filter= --format=
docker system df        v <=0
docker version          <=0
docker port             <=2
docker diff             <=1
docker volume ls        q --filter= f: <=0
docker network ls       q --filter= f: <=0
docker network inspect
docker volume inspect   doubt
docker info             <=0
docker node ls          q <=0
docker service ls       q --filter= f: <=0
docker service ps       --no-trunc --filter= f: <=1
docker service logs     tn: --tail= --since= --timestamps --raw --no-trunc <=1
docker stack ls         <=0
docker stack services   <=1
docker inspect          f: --format= --type= ~
docker container inspect  f: --format=
docker image inspect    f: --format=
docker context ls       q <=0
docker buildx ls        <=0
docker plugin ls        <=0
docker secret ls        q <=0
docker config ls        q <=0
docker compose version  <=0
docker events           f: --since= --until~\d{1,4}[smh] --filter= needs:--until.* <=0
docker history          <=1 doubt
docker compose ps       aq --all --services --format= --status=
docker compose ls       a <=0
docker compose logs     tn: --tail= --since= --no-color --timestamps --no-log-prefix
docker compose top
docker compose images
docker compose config   doubt ~
kubectl get             +kube o: --output= --sort-by= --show-labels --label-columns= L:
                --show-kind --ignore-not-found --raw~/(healthz|livez|readyz)(\?verbose)?
kubectl describe        +kube --show-events=?
kubectl logs            +kube p --container= --tail= --since= --since-time= --previous
                --timestamps --all-containers=? --prefix --max-log-requests= --limit-bytes=
                --ignore-errors
kubectl top             +kube --containers --sort-by=
kubectl rollout status  +kube --timeout~[1-9]\d{0,2}s|[1-9]m --watch~false
kubectl rollout history  +kube --revision=
kubectl version         --client --short o: --output= <=0
kubectl cluster-info    --context= <=0
kubectl config current-context  <=0
kubectl config get-contexts     <=1
kubectl config view     --minify --context= <=0 doubt
kubectl api-resources   --namespaced=? --api-group= --verbs= o: <=0
kubectl api-versions    <=0
kubectl explain         --recursive <=1
kubectl auth can-i      +kube --list --as= <=3
kubectl wait            +kube --for= --timeout~\d{1,2}s|[1-5]m
kubectl events          +kube --types= --for=
kubectl diff            doubt ~
kubectl adm top         +kube <=2
helm list               naAq --namespace= --all-namespaces --all --filter= o: --output=
                --kube-context= n: <=0
helm ls                 naAq --namespace= --all-namespaces --all --filter= o: --output=
                --kube-context= n: <=0
helm status             n: --namespace= --kube-context= --revision= <=1
helm history            n: --namespace= --kube-context= --max= o: --output= <=1
helm version            --short <=0
helm repo list          <=0
helm get                doubt ~
helm diff               doubt ~
helm search             doubt ~
helm template           doubt ~
crictl ps               aq --all --name= --state= --pod= p:
crictl pods             q --name= --namespace= --state= --label=
crictl images           q <=1
crictl stats            a <=1
crictl info             doubt
crictl version          <=0
crictl logs             t --tail= --since= --timestamps --previous p <=1
crictl inspect          doubt ~
crictl inspectp         doubt ~
systemctl status        aln: --no-pager --full --lines= --all
systemctl is-active     q --quiet
systemctl is-enabled    q --quiet
systemctl is-failed     q --quiet
systemctl is-system-running  <=0
systemctl list-units    alt: --no-pager --failed --type= --state= --all --no-legend --plain
systemctl list-unit-files    t: --no-pager --type= --state= --no-legend
systemctl list-timers   --no-pager --all
systemctl list-sockets  --no-pager --all
systemctl list-jobs     --no-pager
systemctl list-dependencies  --no-pager --all --reverse
systemctl show          +unit --value --no-pager needs:-p.*|--property.* ~
systemctl cat           doubt
systemd-analyze blame   --no-pager <=0
systemd-analyze time    <=0
systemd-analyze critical-chain  --no-pager <=1
systemd-cgls            l --no-pager <=0
loginctl list-sessions  --no-legend <=0
loginctl list-users     --no-legend <=0
systemctl --failed      --no-pager
journalctl              u:n:p:S:U:o:xebkrqt:g:a --unit= --lines= --since= --until= --no-pager
                --priority= --output= --boot=? --dmesg --grep= --identifier= --reverse --utc
                --no-hostname --quiet --disk-usage --list-boots # <=0
hostnamectl             each:status <=1
timedatectl             each:status|show <=1
chronyc                 nav each:tracking|sources|sourcestats|activity <=1
ntpq                    pn <=1
supervisorctl status
supervisorctl avail     <=0
supervisorctl pid       <=1
supervisorctl version   <=0
sv status               >=1 each:[\w./@-]+
supervisorctl tail      doubt <=2
visudo -c               <=0
redis-cli ping          <=0
redis-cli dbsize        <=0
redis-cli info          <=1
redis-cli llen          <=1
redis-cli scard         <=1
redis-cli zcard         <=1
redis-cli hlen          <=1
redis-cli xlen          <=1
redis-cli strlen        <=1
redis-cli zcount        <=3 word:-inf
redis-cli exists
redis-cli ttl           <=1
redis-cli pttl          <=1
redis-cli type          <=1
redis-cli lastsave      <=0
redis-cli time          <=0
redis-cli role          <=0
redis-cli client list   <=0
redis-cli slowlog get   <=1
redis-cli slowlog len   <=0
redis-cli memory stats  <=0
redis-cli memory doctor  <=0
redis-cli memory usage  <=1
redis-cli latency doctor   <=0
redis-cli latency latest   <=0
redis-cli cluster info     <=0
redis-cli cluster nodes    <=0
redis-cli cluster slots    <=0
redis-cli xinfo stream     <=1
redis-cli xinfo groups     <=1
redis-cli xpending         <=2
redis-cli pubsub channels  <=1
redis-cli pubsub numsub
redis-cli config get       <=1 ~ +redis
redis-cli sentinel masters     <=0
redis-cli sentinel replicas    <=1
redis-cli sentinel slaves      <=1
redis-cli sentinel get-master-addr-by-name  <=1
redis-cli get           doubt ~
redis-cli keys          doubt ~
redis-cli scan          doubt ~
redis-cli --scan        doubt ~
redis-cli --bigkeys     doubt ~
redis-cli --memkeys     doubt ~
redis-cli lrange        doubt ~
redis-cli zrange        doubt ~
redis-cli smembers      doubt ~
redis-cli hgetall       doubt ~
redis-cli hget          doubt ~
redis-cli xrange        doubt ~
redis-cli object        doubt ~
redis-cli object encoding   <=1
redis-cli object idletime   <=1
redis-cli object refcount   <=1
redis-cli object freq       <=1
redis-cli client getname    <=0
redis-cli client id         <=0
redis-cli command count     <=0
redis-cli acl whoami        <=0
redis-cli module list       <=0
mysqladmin              u:h:P: --user= --host= --port=
                each:ping|status|processlist|extended-status|version
pg_isready              qh:p:U:d:t: --host= --port= --username= --dbname= --timeout= <=0
pg_lsclusters           h <=0
pg_controldata          D: <=1
pg_dump                 doubt t:d:U:h:p:sa --table= --schema-only
patronictl list         <=1
patronictl topology     <=1
patronictl history      <=1
repmgr cluster show     f: --compact
repmgr node status      f:
repmgr node check       f:
pgbackrest info         --stanza= <=0
barman check            <=1
barman status           <=1
barman list-backup      <=1
barman list-backups     <=1
rabbitmqctl list_queues       p:q --vhost= --quiet --silent --formatter= --timeout= --online
                --offline each:[a-z_]+
rabbitmqctl list_connections  q --quiet --silent --formatter= each:[a-z_]+
rabbitmqctl list_channels     q --quiet --silent --formatter= each:[a-z_]+
rabbitmqctl list_consumers    p:q --vhost= --quiet --silent --formatter= each:[a-z_]+
rabbitmqctl list_exchanges    p:q --vhost= --quiet --silent --formatter= each:[a-z_]+
rabbitmqctl list_bindings     p:q --vhost= --quiet --silent --formatter= each:[a-z_]+
rabbitmqctl list_vhosts       q --quiet --silent each:[a-z_]+
rabbitmqctl list_users        <=0
rabbitmqctl cluster_status    <=0
rabbitmqctl status            <=0
rabbitmqctl node_health_check  <=0
rabbitmqctl ping              <=0
rabbitmq-diagnostics          q
                each:ping|status|alarms|listeners|cluster_status|memory_breakdown|check_\w+ <=1
rabbitmqadmin                 doubt each:list|show|queues|connections|channels|nodes|overview|\w+
kafka-consumer-groups         +kafka --describe --list --group= --all-groups --members
                --state=? --offsets --verbose needs:--(describe|list) <=0
kafka-topics                  +kafka --describe --list --topic= --under-replicated-partitions
                --unavailable-partitions --under-min-isr-partitions --exclude-internal
                needs:--(describe|list) <=0
kafka-log-dirs                +kafka --describe --topic-list= --broker-list= needs:--describe <=0
kafka-configs                 +kafka --describe --entity-type= --entity-name= --all
                needs:--describe <=0 doubt
kafka-acls                    +kafka --list needs:--list <=0 doubt
kafka-broker-api-versions     +kafka <=0
kafka-metadata-quorum         +kafka doubt
kafka-get-offsets             +kafka --topic= --time= <=0
kafka-console-consumer        +kafka --topic= --max-messages~\d{1,3} --from-beginning
                --partition= --offset= --timeout-ms= needs:--max-messages(=.*)? <=0 doubt
kcat                          Lb:t:J needs:-\w*L\w* <=0
etcdctl endpoint health       +etcd <=0
etcdctl endpoint status       +etcd <=0
etcdctl endpoint hashkv       +etcd <=0
etcdctl member list           +etcd <=0
etcdctl alarm list            +etcd <=0
etcdctl version               <=0
etcdctl get                   +etcd --keys-only --count-only --prefix --limit= --from-key
                needs:--(keys|count)-only <=2 ~
consul members                detailed <=0
consul operator raft list-peers  <=0
consul catalog                doubt
vault status                  <=0
nomad status                  <=1
nomad node status             <=1
nomad job status              <=1
nomad server members          <=0
nomad alloc status            doubt
promtool check config
promtool check rules
promtool check healthy        --url= <=0
promtool check ready          --url= <=0
promtool query instant        o: --format= --time= >=2 <=2 +far
promtool query range          o: --format= --start= --end= --step= >=2 <=2 +far
promtool query series         --match= --start= --end= <=1
promtool query labels         <=2
promtool test rules
amtool alert                  --alertmanager.url= <=0
amtool alert query            --alertmanager.url= --silenced --active --inhibited --unprocessed
                a:sio: --output=
amtool silence query          --alertmanager.url= --expired --within= q o: --output=
amtool check-config
amtool config routes          --config.file= --alertmanager.url=
amtool config routes show     --config.file= --alertmanager.url=
amtool config routes test     --config.file= --alertmanager.url=
amtool config show            doubt ~
amtool cluster show           --alertmanager.url=
nodetool                      h:p:
                each:status|info|tpstats|compactionstats|netstats|ring|describecluster|tablestats|cfstats|gossipinfo|version|proxyhistograms
                <=1
ceph status                   <=0
ceph health                   each:detail <=1
ceph df                       each:detail <=1
ceph osd tree                 <=0
ceph osd df                   <=1
ceph osd stat                 <=0
ceph pg stat                  <=0
ceph mon stat                 <=0
ceph -s                       <=0
argocd app list               doubt
argocd app get                doubt
argocd app diff               doubt
argocd app history            doubt
flux get                      doubt ~
velero backup get             doubt
velero backup describe        doubt
velero restore get            doubt
velero schedule get           doubt
linkerd check                 doubt ~
istioctl proxy-status         doubt
istioctl analyze              doubt ~
istioctl proxy-config         doubt ~
cockroach node status         doubt ~
mongostat                     doubt n: --rowcount= needs:-n.*|--rowcount.*
git status      doubt ~
git log         doubt ~
git diff        doubt ~
git show        doubt ~
git blame       doubt ~
git rev-parse   doubt ~
git rev-list    doubt ~
git describe    doubt ~
git ls-files    doubt ~
git ls-remote   doubt --heads --tags each:(?!.*::).*
git shortlog    doubt ~
git reflog      doubt <=1
git branch      doubt arv --all --list --show-current --contains --merged --sort= <=0
git tag         doubt ln: --list --sort= --contains <=0
git remote      doubt v each:show|origin
git stash list  doubt
gh run list     doubt ~
gh run view     doubt ~
gh pr list      doubt ~
gh pr view      doubt ~
gh issue list   doubt ~
gh release list doubt ~
terraform plan  doubt ~
terraform show  doubt ~
terraform validate      doubt ~
terraform version       doubt
terraform state list    doubt ~
crontab -l      doubt u:
nginx -t        q <=0
nginx -T        doubt
nginx -v        <=0
nginx -V        <=0
apachectl configtest    <=0
apachectl -t    <=0
apachectl -S    <=0
apachectl -M    <=0
apachectl -v    <=0
apache2ctl -M   <=0
caddy version   <=0
traefik version  <=0
rclone version  <=0
postconf        n doubt ~
apache2ctl configtest   <=0
apache2ctl -t   <=0
apache2ctl -S   <=0
httpd -t        <=0
haproxy         cf: needs:-c <=0
sshd -t         <=0
named-checkconf  <=1
postfix check   doubt
mailq           <=0
postqueue       p <=0
logrotate -d    doubt <=1
php-fpm -t      <=0
certbot certificates    doubt
certbot renew   doubt q --dry-run --cert-name= needs:--dry-run <=0
ufw status      each:verbose|numbered <=1
iptables        doubt LnvSt:x --line-numbers --list needs:-\w*[LS]\w*|--list <=1
ip6tables       doubt LnvSt:x --line-numbers --list needs:-\w*[LS]\w*|--list <=1
nft list ruleset        <=0
firewall-cmd    --list-all --list-ports --list-services --state --get-active-zones --get-zones
                --zone= --list-all-zones --list-rich-rules needs:--(list|state|get).* <=0
fail2ban-client status  <=1
getenforce      <=0
sestatus        <=0
ausearch        doubt ~
zpool status    xv <=1
zpool list      v <=1
zfs list        rt:o: <=1
smartctl        doubt HaixA --all --health --info needs:-\w*[HaixA]\w*|--(all|health|info) <=1
lvs             ao: --noheadings --units=
vgs             o: --noheadings --units=
pvs             o: --noheadings --units=
swapon          s --show=? needs:-s|--show.* <=0
nvidia-smi      Lq <=0
sensors         <=0
numactl         Hs --hardware --show needs:-[Hs]|--hardware|--show <=0
jps             lmv <=0
jstack          l each:\d+
jstat -gc       each:\d+m?s? <=3
jstat -gcutil   each:\d+m?s? <=3
jstat -gccause  each:\d+m?s? <=3
jmap -heap      doubt <=1
jmap -histo     doubt <=1
jcmd            doubt
                each:\d+|Thread\.print|VM\.(version|uptime|flags|native_memory)|GC\.(heap_info|class_histogram)
npm ls          doubt ~
npm audit       doubt <=0
npm outdated    doubt ~
varnishstat     1 needs:-1 <=0
monit           each:summary|status <=1
"""
