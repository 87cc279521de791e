"""What a fence without a label holds: commands, SQL, queries, or nothing to run.

Sample output, logs, settings and messages stand in such fences as well. So it holds commands
only where every line of it can be one and the programs are known.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from tree_sitter import Node

from tocsin.reading import shell
from tocsin.reading.argv import source
from tocsin.reading.queries import is_query, queries_of
from tocsin.reading.sql_runs import sql_runs

_NAMES = """
    ansible apachectl apt apt-get aptitude argocd awk aws az base64 brew bun caddy cargo cat cd
    certbot chmod chown chroot composer consul cp crictl crontab ctr curl cut date dd deno df dig
    dmesg dnf docker docker-compose du echo egrep env etcdctl export find flux free fuser gcloud
    gh git glab grep gsutil gunzip gzip haproxy head helm heroku host hostname htop iftop iostat
    iotop ip iptables journalctl jq juju k9s kafka-topics kill killall kops kubectl kubectx kubens
    kustomize ldapsearch less ln ls lsblk lsof minikube mkdir mongo mongodump mongosh mount mpstat
    mtr mv mvn mysql mysqladmin mysqldump nc netstat nft nginx nmap node nohup nomad npm npx
    nslookup oc openssl patronictl pg_dump pg_isready pg_restore pgrep php pidof ping pip pip3
    pkill pm2 pnpm podman poetry ps psql pulumi pwd python python3 rabbitmqctl rails railway rake
    redis-cli restic rm rpm rsync ruby scp screen sed service sftp sleep sort source sqlite3 ss
    ssh stat stern strace su sudo supervisorctl swapoff swapon sysctl systemctl tail tar tcpdump
    tee telnet terraform time timeout tmux top touch traceroute tree ufw ulimit umount uname uniq
    uptime varnishadm vault velero vercel vi vim virsh vmstat watch wc wget which wrangler xargs
    yarn yum zcat zfs zgrep zpool
    """
_PROGRAMS = frozenset(_NAMES.split())
_TOOL = re.compile(r"[a-z][\w-]*(?:ctl|-cli|cli|adm|-admin|\.sh|\.py|\.rb|\.pl)")
_SCRIPT = re.compile(r"(?:\.{1,2}/|~/)[\w./-]*\w|[\w./-]*/bin/[\w.-]+|[\w./-]+\.(?:sh|py|rb|pl)")
_QUERY = re.compile(
    r"\[\d+(?:ms|[smhdwy])(?::[^\]]*)?\]|\w\{\s*\w+\s*(?:=~?|!=|!~)\s*\"|\b(?:by|without|on)\s*\("
)
_SENTENCE = re.compile(
    r"(?<!\S)(?:the|an|is|are|was|we|you|your|our|this|that|please|should|been)(?!\S)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|#.*")


class Holding(Enum):
    """What a block holds."""

    NOTHING = auto()  # to run
    COMMANDS = auto()
    SQL = auto()
    QUERIES = auto()


def holding(text: str) -> Holding:
    """Return what a block without a label holds."""
    lines = text.split("\n")
    if _QUERY.search(text) and _are_queries(lines):
        return Holding.QUERIES
    runs = sql_runs(lines)
    for begin, end in runs:
        lines[begin:end] = [""] * (end - begin)
    code = [line for line in lines if _is_code(line)]
    if not code:
        return Holding.SQL if runs else Holding.NOTHING
    if not _is_said(code) and _are_commands("\n".join(lines)):
        return Holding.COMMANDS
    return Holding.NOTHING


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(("#", "--"))


def _are_queries(lines: list[str]) -> bool:
    return all(is_query(query) for *_, query in queries_of(lines))


def _is_said(lines: list[str]) -> bool:
    """Return whether a line is a sentence somebody says rather than a command."""
    bare = (_QUOTED.sub("", line) for line in lines)
    return any(_SENTENCE.search(line) for line in bare)


def _are_commands(text: str) -> bool:
    """Return whether it parses, does something, and each command names a program we know."""
    root = shell.parse(text)
    names = list(_command_names(root))
    return bool(names) and not root.has_error and all(_is_program(name) for name in names)


def _command_names(root: Node) -> list[str]:
    """Return the names of all commands that do not stand in a substitution."""
    found: list[str] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "command_name":
            found.append(source(node))
        elif node.type not in ("command_substitution", "process_substitution"):
            waiting += node.children
    return found


def _is_program(name: str) -> bool:
    return name in _PROGRAMS or bool(_TOOL.fullmatch(name) or _SCRIPT.fullmatch(name))
