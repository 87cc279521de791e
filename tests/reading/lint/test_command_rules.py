"""What the rules about commands report, and what looks like it and is right."""

from __future__ import annotations

import pytest

from lint_bench import found, lines_of
from tocsin.core.runbook import Language, Statement
from tocsin.reading.lint.calls import calls_of
from tocsin.reading.lint.fix import mended
from tocsin.reading.lint.rule import Severity

FIRST = 7  # the line of the first command in a document of `book`


def book(*commands: str, heading: str = "Importer stuck", step: str = "Look") -> str:
    """Return a runbook with one playbook of one step that holds these commands."""
    block = "\n".join(commands)
    return f"# Importer\n\n## {heading}\n\n### {step}\n```bash\n{block}\n```\n"


REPORTED = [
    ("RUN-ENDLESS", "kubectl logs deploy/importer -f"),
    ("RUN-ENDLESS", "vmstat 1"),
    ("RUN-ENDLESS", "ping db.example.net"),
    ("RUN-ENDLESS", "ssh web1 'tail -F /var/log/importer.log'"),
    ("RUN-ENDLESS", "php bin/queue_worker.php"),
    ("RUN-ENDLESS", "docker stats"),
    ("RUN-INTERACTIVE", "kubectl edit deployment importer"),
    ("RUN-INTERACTIVE", "sudo crontab -e"),
    ("RUN-INTERACTIVE", "mysql shop"),
    ("RUN-NEEDS-TTY", "kubectl exec -it importer-0 -- df -h"),
    ("RUN-PROMPT", "sudo apt-get upgrade"),
    ("RUN-PROMPT", "git revert HEAD"),
    ("RUN-CURL-NO-FAIL", "curl -s https://importer.example.net/health | jq .status"),
    ("RUN-RC-MISLEADING", "mysqladmin ping"),
    ("RUN-STDERR-LOST", "docker logs importer | grep -i failed"),
    ("RUN-BAD-ARGS", "strace -p $(pidof importer)"),
    ("RUN-HEAVY", "find / -name core"),
    ("RUN-HEAVY", "du -sh /*"),
    ("RUN-NOT-IDEMPOTENT", "sudo iptables -A INPUT -s 10.66.0.9 -j DROP"),
    ("RUN-UNBOUNDED", "cat /var/log/importer.log"),
    ("RUN-UNBOUNDED", "kubectl logs deploy/importer"),
    ("RUN-GREP-RC", "tail -n 500 /var/log/importer.log | grep timeout"),
    ("RUN-PAGER", "git log"),
    ("RUN-CWD", "./bin/requeue"),
    ("RUN-SUDO-MISSING", "service importer restart"),
    ("SH-UNQUOTED", "rm -f /srv/importer/$JOB.tmp"),
    ("CMD-GREP-SELF", "ps -ef | grep importer"),
    ("CMD-JQ-PRETTY", "jq '.jobs[]' /srv/importer/jobs.json | wc -l"),
    ("CMD-BAD-REGEX", 'grep "timeout|refused" /var/log/importer.log'),
    ("CMD-BAD-REGEX", r'grep -E "timeout\|refused" /var/log/importer.log'),
    ("CMD-BROKEN", "rabbitmqctl join_cluster rabbit@mq1"),
    ("CMD-COMMENT-MISMATCH", "sqlite3 /srv/importer/jobs.db 'SELECT 1'"),
    ("HTTP-CONTENT-TYPE", "curl -f -X POST https://importer.example.net/pause -d '{}'"),
    ("DEP", "mongo --eval 'rs.status()'"),
    ("DEP", "# Add MemoryLimit=2G"),
    ("RISK-DESTRUCTIVE", "redis-cli FLUSHALL"),
    ("RISK-DESTRUCTIVE", "./restore_orders.sh latest.sql.gz"),
    ("RISK-DESTRUCTIVE", "zcat orders-backup.sql.gz | psql orders"),
    ("RISK-DESTRUCTIVE", "kubectl delete pvc orders-0"),
    ("RISK-PATTERN-KILL", "ps aux | grep importer | awk '{print $2}' | xargs kill -9"),
    ("RISK-LOCKOUT", "sudo systemctl stop sshd"),
    ("RISK-IMPACT", "docker restart orders-db"),
    ("RISK-NO-CONFIGTEST", "sudo systemctl reload haproxy"),
    ("RISK-BYPASS", "terraform force-unlock 12"),
]

OPPOSED = [
    ("Connection pool exhausted", "pm2 scale importer +1"),
    ("High load on the importer", "hey -n 10000 https://importer.example.net/"),
    ("Disk almost full", 'psql orders -c "VACUUM FULL orders"'),
]

MISLABELLED = [
    ("CMD-COMMENT-MISMATCH", "# Stop the importer\nsudo systemctl restart importer"),
    ("CMD-COMMENT-MISMATCH", "# Restart Redis\nsudo systemctl restart nginx"),
    ("CMD-COMMENT-MISMATCH", "# Show the last 100 lines\ntail -n 20 /var/log/importer.log"),
    ("CMD-COMMENT-MISMATCH", "# Stop it gracefully\nkill -9 4711"),
    ("RISK-DESTRUCTIVE-MISLABELLED", "# Restart the stack\ndocker compose down -v"),
    ("RISK-DESTRUCTIVE-MISLABELLED", "# Check the queue\nrabbitmqctl purge_queue orders"),
]

LEFT_ALONE = [
    ("CMD-COMMENT-MISMATCH", "# Add missing indexes\npsql a -c 'CREATE INDEX i ON orders (at)'"),
    ("CMD-COMMENT-MISMATCH", "# Restart PHP-FPM\nsudo systemctl restart php8.3-fpm"),
    ("CMD-COMMENT-MISMATCH", "# Restart the importer behind nginx\ndocker restart importer"),
    ("CMD-COMMENT-MISMATCH", "# Stop and restart it\nsudo systemctl restart importer"),
    (
        "CMD-COMMENT-MISMATCH",
        "# Check the backup\npsql orders -c 'SELECT max(at) FROM backups'",
    ),
    ("RUN-ENDLESS", "timeout 60 tail -f /var/log/importer.log"),
    ("RUN-ENDLESS", "docker compose -f prod.yml logs --tail 50 importer"),
    ("RUN-ENDLESS", "kubectl get pods -owide"),
    ("RUN-ENDLESS", "kubectl logs -l app=importer --tail=50"),
    ("RUN-ENDLESS", "vmstat 1 5"),
    ("RUN-ENDLESS", "php bin/queue_worker.php --status"),
    ("RUN-ENDLESS", "docker stats --no-stream"),
    ("RUN-INTERACTIVE", "top -b -n 1"),
    ("RUN-INTERACTIVE", "psql orders < fix.sql"),
    ("RUN-INTERACTIVE", "psql orders -c 'SELECT 1'"),
    ("RUN-INTERACTIVE", "bash deploy.sh"),
    ("RUN-INTERACTIVE", "# Open a shell in it\ndocker exec -it importer bash"),
    ("RUN-INTERACTIVE", "mongosh  # connect to it"),
    ("RUN-NEEDS-TTY", "docker exec importer ls -lt"),
    ("RUN-PROMPT", "sudo apt-get -y upgrade"),
    ("RUN-PROMPT", "yes | sudo ufw enable"),
    ("RUN-PROMPT", "docker system prune --volumes"),
    ("RUN-CURL-NO-FAIL", "curl -sf https://importer.example.net/health"),
    ("RUN-CURL-NO-FAIL", "curl -s -o /dev/null -w '%{http_code}' https://importer.example.net/"),
    ("RUN-CURL-NO-FAIL", "curl -s https://importer.example.net/health | grep -q ok"),
    ("RUN-RC-MISLEADING", "redis-cli -e ping"),
    ("RUN-STDERR-LOST", "docker logs importer 2>&1 | grep -i failed"),
    ("RUN-STDERR-LOST", "docker logs proxy | grep ' 50[0-9] '"),
    ("RUN-BAD-ARGS", 'top -b -n 1 -p "$(pgrep -d, importer)"'),
    ("RUN-HEAVY", "find / -xdev -name core"),
    ("RUN-NOT-IDEMPOTENT", "echo done >> /var/log/importer.log"),
    ("RUN-UNBOUNDED", "cat /var/log/importer.log | tail -n 20"),
    ("RUN-UNBOUNDED", "kubectl logs deploy/importer --since=10m"),
    ("RUN-UNBOUNDED", "kubectl logs -l app=importer"),
    ("RUN-UNBOUNDED", 'psql orders -c "SELECT * FROM pg_stat_replication"'),
    ("RUN-GREP-RC", "grep -c timeout /var/log/importer.log"),
    ("RUN-GREP-RC", "docker ps | grep importer"),
    ("RUN-PAGER", "systemctl status importer | head -n 5"),
    ("RUN-CWD", "cd /srv/importer && ./bin/requeue"),
    ("RUN-CWD", "kubectl rollout restart deployment/importer"),
    ("RUN-SUDO-MISSING", "systemctl status importer"),
    ("RUN-SUDO-MISSING", "systemctl --user restart importer"),
    ("RUN-CD-UNCHECKED", "cd /srv/importer\nls"),
    ("RUN-CD-UNCHECKED", "set -e\ncd /srv/importer\nrm -f a.tmp"),
    ("RUN-NO-ERREXIT", "git pull && sudo systemctl restart importer"),
    ("SH-UNQUOTED", 'rm -f "/srv/importer/$JOB.tmp"'),
    ("SH-UNQUOTED", "docker rm $(docker ps -aq)"),
    ("SH-UNQUOTED", "JOB=$(cat /srv/importer/job)"),
    ("SH-UNQUOTED", "php -r 'echo $argc;'"),
    ("CMD-GREP-SELF", "ps -ef | grep importer | grep -v grep"),
    ("CMD-JQ-PRETTY", "jq -r '.jobs[].name' /srv/importer/jobs.json | sort"),
    ("CMD-JQ-PRETTY", "jq . /srv/importer/jobs.json | head -n 40"),
    ("CMD-BAD-REGEX", 'grep -E "timeout|refused" /var/log/importer.log'),
    ("CMD-BAD-REGEX", r'grep "timeout\|refused" /var/log/importer.log'),
    ("CMD-BAD-REGEX", 'grep " 500 " /var/log/nginx/access.log'),
    ("CMD-BROKEN", "rabbitmqctl stop_app\nrabbitmqctl join_cluster rabbit@mq1"),
    ("CMD-BROKEN", 'TOKEN=$(openssl rand -base64 9)\nsed -i "s|^T=.*|T=$TOKEN|" env'),
    ("HTTP-CONTENT-TYPE", "curl -f -X POST https://importer.example.net/pause -d 'on=1'"),
    ("HTTP-CONTENT-TYPE", "curl -f --json '{}' https://importer.example.net/pause"),
    ("COST", "curl -f https://llm.example.net/v1/models"),
    ("DEP", "# MemoryLimit=2G is called MemoryMax=2G today"),
    ("RISK-DESTRUCTIVE", "redis-cli BGSAVE\nredis-cli FLUSHDB"),
    ("RISK-DESTRUCTIVE", "# Careful: this is final\nredis-cli FLUSHDB"),
    ("RISK-DESTRUCTIVE", "find /tmp -mtime +3 -delete"),
    ("RISK-DESTRUCTIVE", "rm -rf node_modules"),
    ("RISK-DESTRUCTIVE", "zcat orders-backup.sql.gz | psql orders_staging"),
    (
        "RISK-DESTRUCTIVE",
        "# Takes the volumes and the database\ndocker compose down -v",
    ),
    ("RISK-DESTRUCTIVE", "aws s3 rm --recursive s3://orders/tmp/"),
    ("RISK-BYPASS", "sudo systemctl stop postgresql\nrm /var/lib/pg/postmaster.pid"),
    ("RISK-DESTRUCTIVE", "git restore src/import.py"),
    ("RISK-DESTRUCTIVE-MISLABELLED", "# Remove unused volumes\ndocker volume prune"),
    ("RISK-PATTERN-KILL", "kill 4711"),
    ("RISK-LOCKOUT", "sudo ufw status"),
    ("RISK-IMPACT", "sudo systemctl restart importer"),
    ("RISK-NO-CONFIGTEST", "nginx -t && nginx -s reload"),
    ("RISK-NO-ROLLBACK", "sudo systemctl stop importer\nsleep 5\nsudo systemctl start importer"),
    ("RISK-OPPOSITE", "pm2 scale importer +1"),
]


@pytest.mark.parametrize(("name", "command"), REPORTED)
def test_rule_reports_the_command_on_its_line(name: str, command: str) -> None:
    """Each is a form that another document writes the same mistake in."""
    assert lines_of(book(command), name) == [(FIRST,)]


@pytest.mark.parametrize(("name", "commands"), MISLABELLED)
def test_comment_that_says_otherwise_is_shown_with_its_command(name: str, commands: str) -> None:
    """People in a hurry read the comment only."""
    assert lines_of(book(commands), name) == [(FIRST, FIRST + 1)]


@pytest.mark.parametrize(("heading", "command"), OPPOSED)
def test_command_that_makes_the_symptom_worse_is_found(heading: str, command: str) -> None:
    """The heading says what is short, the command takes more of it."""
    assert lines_of(book(command, heading=heading), "RISK-OPPOSITE") == [(FIRST,)]


@pytest.mark.parametrize(("name", "command"), LEFT_ALONE)
def test_rule_leaves_alone_what_only_looks_alike(name: str, command: str) -> None:
    """A false alarm teaches people to stop reading the findings."""
    assert lines_of(book(command), name) == []


def test_one_cause_is_one_finding_with_all_its_lines() -> None:
    """A page of equal findings hides the one that matters."""
    text = book("curl http://a.example/", "ls", "curl http://b.example/")
    assert lines_of(text, "RUN-CURL-NO-FAIL") == [(FIRST, FIRST + 2)]


def test_command_in_a_sentence_is_looked_at() -> None:
    """Half of the health checks in runbooks stand in a bullet, not in a block."""
    text = "# Shop\n\n## Shop down\n\n- Ask it: `curl https://shop.example.net/health`\n"
    assert lines_of(text, "RUN-CURL-NO-FAIL") == [(5,)]


def test_fix_mends_a_request_once() -> None:
    """A second run of the fix must not add the option again."""
    text = book("curl https://shop.example.net/health")
    once = mended(text, found(text, "RUN-CURL-NO-FAIL"))
    assert "curl -f https" in once
    assert mended(once, found(once, "RUN-CURL-NO-FAIL")) == once


def test_fix_leaves_a_line_alone_where_only_one_of_two_requests_needs_it() -> None:
    """The first match on the line might be the wrong one."""
    text = book("curl -sf http://a.example/; curl http://b.example/")
    assert mended(text, found(text, "RUN-CURL-NO-FAIL")) == text


def test_opposite_is_judged_by_what_the_playbook_is_about() -> None:
    """More processes are right for a queue and wrong where memory is short."""
    text = book("pm2 scale importer +1", heading="Importer out of memory")
    assert lines_of(text, "RISK-OPPOSITE") == [(FIRST,)]


def test_code_that_lifts_the_block_it_announces_is_found() -> None:
    """The comment is what an approver reads."""
    text = (
        "# Gate\n\n## Gate attacked\n\n### Act\n```python\n# Block the address\n"
        "limiter.remove_block(address)\n```\n"
    )
    assert lines_of(text, "RISK-OPPOSITE") == [(7, 8)]


def test_lockout_is_found_where_the_address_is_still_to_be_filled_in() -> None:
    """The rule with a blank is refused, and the firewall closes all the same."""
    closing = ("ufw default deny incoming", "ufw allow from <your-ip> to any port 22", "ufw enable")
    assert lines_of(book(*closing), "RISK-LOCKOUT") == [(FIRST, FIRST + 1, FIRST + 2)]
    assert lines_of(book(closing[0], "ufw allow 22/tcp", closing[2]), "RISK-LOCKOUT") == []


def test_door_may_have_been_opened_in_an_earlier_block() -> None:
    """Who may come in is often set up first, and the firewall switched on later."""
    text = book("sudo ufw allow ssh") + "\n### Then\n```bash\nsudo ufw --force enable\n```\n"
    assert lines_of(text, "RISK-LOCKOUT") == []


def test_restart_behind_a_condition_or_with_its_price_named_is_no_surprise() -> None:
    """Who writes that it is an outage has thought about it."""
    command = "sudo systemctl restart postgresql"
    assert lines_of(book(command, heading="Database down"), "RISK-IMPACT") == []
    assert lines_of(book("# Short outage", command), "RISK-IMPACT") == []


def test_edit_before_the_reload_makes_the_missing_test_a_warning() -> None:
    """Without an edit the configuration is the one that ran before."""
    reload = "sudo nginx -s reload"
    edited = found(
        book("sudo sed -i.bak s/a/b/ /etc/nginx/nginx.conf", reload), "RISK-NO-CONFIGTEST"
    )
    plain = found(book(reload), "RISK-NO-CONFIGTEST")
    assert [one.severity for one in (*edited, *plain)] == [Severity.WARNING, Severity.INFO]


def test_document_followed_as_root_needs_no_sudo() -> None:
    """It says so once, at the top."""
    text = "All of this is run as root.\n\n" + book("systemctl restart importer")
    assert lines_of(text, "RUN-SUDO-MISSING") == []


def test_message_shows_a_blank_as_the_document_writes_it() -> None:
    """Nobody finds `_pod_` in the text."""
    finding = found(book("kubectl logs <pod> -f"), "RUN-ENDLESS")[0]
    assert "`kubectl logs <pod> -f`" in finding.message


@pytest.mark.timeout(60)
def test_long_pipeline_is_read_in_one_pass() -> None:
    """A text somebody pasted may be one line with thousands of bars in it."""
    text = " | ".join(["grep a"] * 2000)
    calls = calls_of(Statement(start=1, end=1, language=Language.BASH, text=text))
    assert len(calls) == 2000


def test_neighbours_are_known_across_redirects_and_here_documents() -> None:
    """A redirect in the middle makes a tree of the pipeline."""
    text = "echo | openssl s_client 2>/dev/null | openssl x509\ncat <<EOF | kubectl apply -f -\nEOF"
    calls = calls_of(Statement(start=1, end=3, language=Language.BASH, text=text))
    assert [(call.name, call.fed_by, call.redirects[:1]) for call in calls[:3]] == [
        ("echo", "", ()),
        ("openssl", "echo", ("2>/dev/null",)),
        ("openssl", "openssl", ()),
    ]
    assert (calls[4].name, calls[4].fed_by) == ("kubectl", "cat")
