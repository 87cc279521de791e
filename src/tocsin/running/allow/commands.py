"""The table of commands that only look, with the options that keep them so.

One line per command: short options (`x` stands alone, `x:` takes a value), long options
(`--x`, `--x=` takes a value), then marks:

    #       `-20` is an option
    <=N     at most N operands
    >=N     at least N operands
    --x=?   takes a value only with `=`
    each:R  every operand matches the pattern R
    ~       no option of it changes anything: an unknown one waits, but is no change
    doubt   looks, but is never run unattended

A command of two or three words has its own line. What is not here is a change.
"""

from __future__ import annotations

import re

from tocsin.running.allow.options import Tool

_TABLE = r"""
ls              aAlhrtRSd1iFsn --all --human-readable --color=? --full-time ~
cat             nbAEsT ~
head            qvn:c: --lines= --bytes= # ~
tail            qvn:c: --lines= --bytes= # ~
grep            invlLcoEFPwxhHsqae:A:B:C:m: --color=? --ignore-case --count --no-filename # ~
egrep           inviclowhA:B:C: # ~
fgrep           inviclowhA:B:C: # ~
zgrep           inviclowhEA:B:C: # ~
wc              lwcmL --lines ~
sort            rhnuVgbfMsk:t: --reverse --numeric-sort --human-numeric-sort --unique
uniq            cdiuf:s:w: --count <=1
cut             sd:f:c:b: --delimiter= --fields= --characters= ~
tr              dscC ~
column          ts: ~
rev             ~
nl              ~
basename        ~
dirname         ~
realpath        ~
readlink        fe ~
file            b ~
df              hHTiaklPmt:x: --human-readable --total --output= ~
du              shackxmd: --max-depth= --summarize --human-readable --total --apparent-size ~
free            hmgkbwtl --human --mega --giga <=0
uptime          ps --pretty <=0
ps              efFAljHLyo:p:C:u:U:t: --sort= --no-headers --forest each:[auxfwl]+
pgrep           flaxncu:P: ~
pidof           s ~
stat            Lc:ft --format= --printf= ~
test            aderfgswxzn ~
echo            neE ~
printf          ~
true            <=0
false           <=0
pwd             LP <=0
whoami          <=0
id              ungG <=1
who             bHqu <=0
w               hs <=0
date            uRId: --utc --iso-8601=? --rfc-3339= --date= each:\+.*
hostname        fisdIA <=0
uname           asnrvmpio <=0
nproc           <=0
arch            <=0
lscpu           <=0
lsblk           fo: ~
vmstat          SwS:dsm >=2 <=2 each:\d{1,2}
iostat          xdkmhtcyzp: >=2 <=2 each:\d{1,2}
mpstat          P: >=2 <=2 each:\d{1,2}
ss              tulnpaxsei46om ~
netstat         tulnpaersi <=0
lsof            inPp:u:t ~ each:[^+].*
ping            c:W:w:nq46 <=1
host            t:W: <=2
nslookup        >=1 <=2
dig             each:[@+]?[A-Za-z0-9._:-]+
nc              zvw:n46 <=2
pg_isready      qh:p:U:d:t: <=0
redis-cli ping          <=0
redis-cli dbsize        <=0
redis-cli info          <=1
redis-cli llen          <=1
redis-cli scard         <=1
redis-cli zcard         <=1
redis-cli hlen          <=1
redis-cli xlen          <=1
redis-cli strlen        <=1
redis-cli exists
redis-cli ttl           <=1
redis-cli type          <=1
redis-cli lastsave      <=0
redis-cli client list   <=0
redis-cli slowlog get   <=1
redis-cli get           doubt
redis-cli keys          doubt
redis-cli lrange        doubt
redis-cli config get    doubt
docker ps               aqnls --all --no-trunc --filter= --format= --last= f:
docker logs             tn: --tail= --since= --until= --timestamps --details <=1
docker stats            a --no-stream --no-trunc --format= --all
docker top              <=1
docker images           aq --all --filter= --format=
docker system df        v <=0
docker version          <=0
docker port             <=2
docker volume ls        q <=0
docker network ls       q <=0
docker info             doubt
docker inspect          doubt f: --format=
docker compose ps       aq --all --services --format= --status=
docker compose logs     tn: --tail= --since= --no-color --timestamps --no-log-prefix
docker compose top
docker compose images
systemctl status        ln: --no-pager --full --lines=
systemctl is-active     q --quiet
systemctl is-enabled    q --quiet
systemctl is-failed     q --quiet
systemctl list-units    al --no-pager --failed --type= --state= --all
systemctl list-timers   --no-pager --all
systemctl show          doubt
systemctl cat           doubt
systemctl --failed      --no-pager
journalctl              u:n:p:S:U:o:xebkrqt: --unit= --lines= --since= --until= --no-pager <=0
supervisorctl status
service                 each:.*
kubectl get             An:l: --namespace= --all-namespaces --selector= --sort-by= --show-labels
kubectl describe        n:l: --namespace= --selector= --context=
kubectl logs            n:c:l:p --namespace= --container= --tail= --since= --previous --timestamps
kubectl top             An:l: --namespace= --containers --sort-by= --context=
kubectl rollout status  doubt
kubectl rollout history  n: --namespace=
kubectl version         --client
kubectl cluster-info    <=0
rabbitmqctl list_queues
rabbitmqctl status
pm2 list        doubt
pm2 ls          doubt
pm2 status      doubt
pm2 show        doubt
pm2 describe    doubt
git status      doubt
git log         doubt
git diff        doubt
git show        doubt
crontab -l      doubt
nginx -t        doubt
nginx -T        doubt
php-fpm -t      doubt
php -v          <=0
node -v         <=0
certbot certificates    doubt
ufw status      doubt
iptables -L     doubt
cd              doubt
sleep           doubt
"""


def _tool(marks: list[str]) -> Tool:
    alone: set[str] = set()
    valued: set[str] = set()
    optional: set[str] = set()
    most, least, each = 1000, 0, None
    for mark in marks:
        if mark.startswith("<="):
            most = int(mark[2:])
        elif mark.startswith(">="):
            least = int(mark[2:])
        elif mark.startswith("each:"):
            each = re.compile(mark[5:], re.ASCII)
        elif mark.startswith("--"):
            (valued if "=" in mark else alone).add(mark.rstrip("=?"))
            optional |= {mark.removesuffix("=?")} if mark.endswith("=?") else set()
        elif mark not in ("#", "~", "doubt"):
            for letter, takes in re.findall(r"(\w)(:?)", mark):
                (valued if takes else alone).add(f"-{letter}")
    return Tool(
        alone=frozenset(alone - valued), valued=frozenset(valued),
        optional=frozenset(optional), most=most, least=least,
        each=each, counts="#" in marks, harmless="~" in marks, doubt="doubt" in marks,
    )  # fmt: skip


def _read_table() -> dict[tuple[str, ...], Tool]:
    found = {}
    for line in _TABLE.strip().splitlines():
        name, *marks = re.split(r"\s{2,}", line, maxsplit=1)
        found[tuple(name.split())] = _tool(marks[0].split() if marks else [])
    return found


TOOLS = _read_table()
