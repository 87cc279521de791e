"""Commands that stand in a sentence: ``Check the disk: `df -h` ``.

Most code in a sentence is a name: a file, a setting, a metric. What is a whole command is
offered as a statement of its step. What the sentence says beside it is kept as its guard:
with one it never runs unattended, and what is forbidden is no statement at all.
"""

from __future__ import annotations

import re
from dataclasses import replace

from tocsin.core.runbook import Statement
from tocsin.reading import shell
from tocsin.reading.anchors import plain
from tocsin.reading.statements import statements_of

_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-Z*])")
_PROGRAM = re.compile(
    r"ansible|ansible-playbook|artisan|awk|aws|az|bash|bundle|cargo|cat|certbot|chmod"
    r"|chown|consul|cp|crontab|curl|df|dig|docker|docker-compose|doctl|du|etcdctl|export"
    r"|find|flux|fly|flyctl|free|gcloud|gh|git|gpg|grep|gsutil|gunzip|gzip|head|helm"
    r"|heroku|iostat|ip|iptables|istioctl|journalctl|jq|kill|killall|kubectl|less|ls|lsof"
    r"|make|mkdir|mongosh|mv|mysql|mysqladmin|nc|netstat|nginx|node|nomad|npm|npx|nslookup"
    r"|openssl|oc|pg_dump|pg_isready|pg_restore|php|ping|pip|pkill|pm2|pnpm|podman"
    r"|promtool|ps|psql|pytest|python|python3|rabbitmq-diagnostics|rabbitmqctl|railway"
    r"|rake|redis-cli|rm|rsync|scp|sed|service|sqlite3|ss|ssh|stat|stern|sudo|supabase"
    r"|supervisorctl|systemctl|tail|tar|terraform|top|traceroute|ufw|uptime|vault|vercel"
    r"|vmstat|wc|wget|yarn|zcat|zgrep"
)
_SCRIPT = re.compile(r"(?:\./|/)?[\w./-]+\.(?:sh|py|rb|pl|js)|\./[\w./-]+")
_FORBIDDEN = re.compile(
    r"\b(?:do\s+not|don['’]t|never|must\s+not|avoid|instead\s+of|rather\s+than|not)\b[^:]*$", re.I
)
_GUARDED = re.compile(
    r"\b(?:confirm(?:ed|ation)?|approv(?:e|ed|al)|permission|sign-?off|never|do\s+not|don['’]t"
    r"|must\s+not|caution|careful(?:ly)?|danger(?:ous)?|first|only|unless|with\s+care)\b",
    re.IGNORECASE,
)


def statements_in(text: str, line: int) -> tuple[Statement, ...]:
    """Return the commands a text mentions, in order, each whole; `line` is where it stands."""
    found: list[Statement] = []
    for sentence in _SENTENCE.split(text):
        for span in _SPAN.finditer(sentence):
            if _is_command(span[1]) and not _FORBIDDEN.search(sentence[: span.start()]):
                found += _spoken(span[1].strip(), sentence, line)
    return tuple(found)


def words_before(text: str) -> str:
    """Return what a text says before its first command, or all of it."""
    for span in _SPAN.finditer(text):
        if _is_command(span[1]):
            return text[: span.start()].rstrip(" :(-–—")
    return text


def _is_command(code: str) -> bool:
    """Return whether a code span is a command with something to do, and parses as one."""
    words = code.split()
    if not words or not (_PROGRAM.fullmatch(words[0]) or _SCRIPT.fullmatch(words[0])):
        return False
    return len(words) > 1 and not shell.parse(code).has_error


def _spoken(code: str, sentence: str, line: int) -> list[Statement]:
    said = _SPAN.sub("", sentence)
    guard = plain(" ".join(sentence.split())) if _GUARDED.search(said) else ""
    parsed = statements_of("bash", code, line)
    return [
        replace(one, start=line, end=line, guard=guard)
        for one in parsed.statements
        if not parsed.mistake
    ]
