"""Placeholders in shell statements: which become variables, and where none may stand."""

from __future__ import annotations

import pytest

from tocsin.core.parameter import ParameterType
from tocsin.reading.parameters.shell import rewrite_shell

NOTHING: frozenset[str] = frozenset()

FILLED = {
    "docker logs <container_name>": 'docker logs "${TOCSIN_P_CONTAINER_NAME}"',
    "docker logs '<name>' \"<name>\"": 'docker logs "${TOCSIN_P_NAME}" "${TOCSIN_P_NAME}"',
    "ssh deploy@YOUR_IP uptime": 'ssh deploy@"${TOCSIN_P_IP}" uptime',
    "ls '/srv/<app>/log'": "ls '/srv/'\"${TOCSIN_P_APP}\"'/log'",
    'ls "/srv/<app>/log"': 'ls "/srv/${TOCSIN_P_APP}/log"',
    "kubectl logs $POD": 'kubectl logs "${TOCSIN_P_POD}"',
    'grep -F "${ADDRESS:?}" app.log': 'grep -F "${TOCSIN_P_ADDRESS}" app.log',
    "kubectl logs ${POD:?which pod}": 'kubectl logs "${TOCSIN_P_POD}"',
    'kubectl logs "${POD}-0"': 'kubectl logs "${TOCSIN_P_POD}-0"',
    "curl http://yourdomain.com/x/<id>": 'curl http://"${TOCSIN_P_DOMAIN}"/x/"${TOCSIN_P_ID}"',
    "aws ec2 reboot-instances --instance-ids i-xxx": (
        'aws ec2 reboot-instances --instance-ids "${TOCSIN_P_INSTANCE_ID}"'
    ),
    "curl 'http://x/requeue?id=DLQ_ID'": "curl 'http://x/requeue?id='\"${TOCSIN_P_DLQ_ID}\"''",
    "find /log -newermt YYYY-MM-DD": 'find /log -newermt "${TOCSIN_P_DATE}"',
    "docker exec <app> ls <dir>": 'docker exec "${TOCSIN_P_APP}" ls "${TOCSIN_P_DIR}"',
    "echo $(kubectl get pod <pod>)": 'echo $(kubectl get pod "${TOCSIN_P_POD}")',
    "awk '{print $1}' <file>": "awk '{print $1}' \"${TOCSIN_P_FILE}\"",
    "python manage.py requeue <job>": 'python manage.py requeue "${TOCSIN_P_JOB}"',
    "page [Team lead] now": 'page "${TOCSIN_P_TEAM_LEAD}" now',
    "for i in 1 2; do kubectl delete pod <app>-$i; done": (
        'for i in 1 2; do kubectl delete pod "${TOCSIN_P_APP}"-$i; done'
    ),
}


@pytest.mark.parametrize("written", FILLED)
def test_a_placeholder_becomes_a_variable_in_quotes(written: str) -> None:
    """So it is one word to the program, whatever it holds."""
    rewritten = rewrite_shell(written, NOTHING)

    assert rewritten.refused == ""
    assert rewritten.text == FILLED[written]


REFUSED = {
    "cat <<E\n<x>\nE": "here-document",
    "[[ $X -gt 5 ]] && echo y": "computed",
    "[ <n> -gt 5 ]": "computed",
    "echo $((<n> + 1))": "computed",
    "test -v <x>": "computed",
    "let x=<n>": "computed",
    "printf -v <x> 1": "computed",
    "eval ls <x>": "eval",
    "source <file>": "source",
    "trap <x> EXIT": "trap",
    "<command> now": "command",
    "sudo <command>": "command",
    "timeout 5 <command>": "command",
    "docker exec app <command>": "command",
    "kubectl exec app -- <command>": "command",
    "find / -exec <command> {} +": "command",
    "rsync -e <command> a b": "command",
    "git -c <setting> log": "setting of git",
    "ls > <file>": "names a file",
    "ls 2>> /tmp/<x>": "names a file",
    "wc < <file>": "names a file",
    "cat <<< <x>": "handed over",
    "PATH=<dir> ls": "steer",
    "LD_PRELOAD=<lib> ls": "steer",
    "declare -i x=<n>": "steer",
    "X=<x>; ls $X": "used again",
    "x() { eval $1; }; x <y>": "function",
    "bash -c 'ls <x>'": "program for bash",
    'bash -c "ls $X"': "program for bash",
    "ssh host 'ls <x>'": "another machine",
    "ssh host ls <x>": "another machine",
    "ssh -o ProxyCommand=<x> host": "another machine",
    "docker exec app sh -c 'ls <x>'": "program for sh",
    "kubectl exec app -- psql -c '<x>'": "program for psql",
    "find / -exec sh -c 'ls <x>' \\;": "program for sh",
    "awk '/<x>/' log": "program for awk",
    "awk -v x=<x> '{}' log": "program for awk",
    "sed -i s/a/<x>/ log": "program for sed",
    "jq '.<x>' log": "program for jq",
    "python -c 'print(<x>)'": "program for python",
    "psql -c \"SELECT '<x>'\"": "program for psql",
    "redis-cli EVAL <x> 0": "program for redis-cli",
    "watch -n 5 ls <x>": "watch",
    "ls | xargs -I{} rm <x>": "xargs",
    "echo `ls <x>`": "backticks",
    "echo \\<x>": "backslash",
    'echo "\\<x>"': "backslash",
    'echo "$<x>"': "dollar",
    "echo $'<x>'": "between",
    "case <x> in a) ls;; esac": "no value fits",
    "for i in <x>; do ls; done": "no value fits",
    "docker run ... app": "left out",
    "curl -H 'Authorization: Bearer <token>' http://x": "secret",
    "echo $OPENAI_API_KEY": "secret",
    "psql $DATABASE_URL": "secret",
}


@pytest.mark.parametrize("written", REFUSED)
def test_where_a_value_could_be_read_as_more_nothing_is_filled_in(written: str) -> None:
    """Quotes do not help against whoever reads the word a second time."""
    rewritten = rewrite_shell(written, NOTHING)

    assert REFUSED[written] in rewritten.refused
    assert rewritten.text == written
    assert rewritten.parameters == ()


LEFT = (
    "echo $HOME $1 $? \"$@\"",
    "i=1; echo $i",
    "for i in 1 2; do echo $i; done",
    "while read line; do echo $line; done",
    "export A=1; echo $A",
    "source .env; echo $APP",
    "echo '$POD'",
    "echo hi # <x>",
    "jq '{name}' x",
    "grep '[A-Z]' x",
    "grep DB_HOST .env",
    "docker run -e POD_NAME app",
    "ls ${A:-b}",
    "find . -exec ls {} \\;",
    "cat <a && b>c",
    "this is (no shell",
)  # fmt: skip


@pytest.mark.parametrize("written", LEFT)
def test_what_is_no_placeholder_is_left_as_it_is(written: str) -> None:
    """A runbook means what it says, unless it leaves something open."""
    rewritten = rewrite_shell(written, NOTHING)

    assert (rewritten.text, rewritten.parameters, rewritten.refused) == (written, (), "")


def test_a_variable_that_has_a_value_is_no_placeholder() -> None:
    """What the service sets is set."""
    assert rewrite_shell("kubectl logs $POD", frozenset({"POD"})).parameters == ()
    assert rewrite_shell("kubectl logs $POD", NOTHING, variables=False).parameters == ()


def test_the_same_placeholder_twice_is_one_parameter() -> None:
    """Nobody should have to say it twice, or be able to say it differently."""
    found = rewrite_shell("openssl s_client -servername <host> -connect <host>:443", NOTHING)

    assert [each.name for each in found.parameters] == ["HOST"]


TYPES = {
    "docker logs --tail <x> app": ParameterType.INTEGER,
    "tail -n <x> app.log": ParameterType.INTEGER,
    "kubectl scale deploy/app --replicas=<x>": ParameterType.INTEGER,
    "kubectl get pods -n <x>": ParameterType.IDENTIFIER,
    "kill -9 <x>": ParameterType.INTEGER,
    "nc -z db <port>": ParameterType.INTEGER,
    "docker logs --since <x> app": ParameterType.DURATION,
    "ssh <x> uptime": ParameterType.HOST,
    "ping -c 1 <x>": ParameterType.HOST,
    "curl http://<x>/health": ParameterType.HOST,
    "curl http://a:<x>/health": ParameterType.INTEGER,
    "curl http://a/<x>/health": ParameterType.IDENTIFIER,
    "dig <server>": ParameterType.HOST,
    "curl -s <x>/health": ParameterType.HOST,
    "dig +short db.<x>": ParameterType.HOST,
    "timeout 5 nc -zv <x> 80": ParameterType.HOST,
    "docker exec web curl -s <x>": ParameterType.HOST,
    "openssl s_client -connect <x>:443": ParameterType.HOST,
    "redis-cli -h <x> PING": ParameterType.HOST,
    "mysqladmin --host=<x> status": ParameterType.HOST,
    "kubectl --context <x> get pods": ParameterType.HOST,
    "curl http://localhost/<x>": ParameterType.IDENTIFIER,
    "ls /var/log/<x>": ParameterType.PATH,
    "cat <x>": ParameterType.PATH,
    "docker logs <x>": ParameterType.IDENTIFIER,
    "echo <file>": ParameterType.PATH,
}


@pytest.mark.parametrize("written", TYPES)
def test_name_and_place_say_which_type(written: str) -> None:
    """Where nothing says more, it is the narrowest."""
    (parameter,) = rewrite_shell(written, NOTHING).parameters

    assert parameter.type is TYPES[written]
