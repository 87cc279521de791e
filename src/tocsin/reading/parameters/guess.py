"""Which type of value a placeholder wants: by its name, and by where it stands.

Where nothing says more it is an identifier, which is the narrowest of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tocsin.core.parameter import ParameterType

_BY_NAME = (
    (ParameterType.DURATION, r"SINCE|DURATION|INTERVAL|PERIOD|WINDOW|TIMEOUT"),
    (ParameterType.INTEGER, r"PORT|P?PID|COUNT|N|NUM|NUMBER|LINES?|REPLICAS|LIMIT|OFFSET|SECONDS"),
    (ParameterType.INTEGER, r"MINUTES|HOURS|DAYS|THRESHOLD|ISSUE|PR"),
    (ParameterType.HOST, r"IP|HOST|HOSTNAME|DOMAIN|SERVER|ADDRESS|ENDPOINT|FQDN|SITE"),
    (ParameterType.PATH, r"FILE|FILENAME|PATH|DIR|DIRECTORY|FOLDER|LOGFILE|BACKUP"),
)
_NAMES = tuple(
    (kind, re.compile(rf"(?:.*_)?(?:{words})(?:_\d+)?|(?:IP)_.*")
     if kind is ParameterType.HOST else re.compile(rf"(?:.*_)?(?:{words})(?:_\d+)?"))
    for kind, words in _BY_NAME
)  # fmt: skip
_COUNTED = re.compile(r"--(?:tail|lines|replicas|limit|count|port|max-count|pid|depth)=?")
_LASTING = re.compile(r"--(?:since|until|duration|timeout|period|grace-period)=?")
_HEADS = frozenset({"tail", "head"})
_CALL_HOSTS = frozenset(
    {"ssh", "ping", "dig", "nslookup", "host", "nc", "telnet", "traceroute", "mtr", "whois", "curl",
     "wget", "openssl", "getent", "tracepath", "tcptraceroute", "nmap", "fping", "arping",
     "grpcurl", "http", "https", "ssh-keyscan", "ldapsearch", "snmpget", "snmpwalk",
     "showmount", "rpcinfo"}
)  # fmt: skip
_PART_OF_HOST = re.compile(r"[A-Za-z0-9_][\w.-]*|")
_CHOOSES_HOST = re.compile(
    r"-[hH]|-connect|--(?:host|hostname|server|address|endpoints?|url|connect|bootstrap-server|brokers?"
    r"|broker-list|context|cluster|kube-context)=?"
)
"""Options that say where a command goes: to which machine, to which cluster."""

_READ_FILES = frozenset(
    {"cat", "tail", "head", "less", "ls", "du", "rm", "cp", "mv", "stat", "find", "wc", "touch",
     "chmod", "chown", "mkdir", "rmdir", "ln", "tar", "gzip", "gunzip", "zcat", "file", "cd",
     "truncate", "shred", "dd", "rsync", "scp", "df", "sqlite3", "source", "tee", "realpath"}
)  # fmt: skip
_URL_HOST = re.compile(r"[\w+.-]+://(?:[^/@]*@)?[^/:]*")
_URL_PORT = re.compile(r"(?:[\w+.-]+://)?[^/]*:")


def by_name(name: str) -> ParameterType | None:
    """Return what the name of a parameter says of its type."""
    return next((kind for kind, form in _NAMES if form.fullmatch(name)), None)


def by_place(words: Sequence[str], index: int, before: str) -> ParameterType | None:
    """Return what the place says; `before` is what stands before it in its own word."""
    program, previous = words[0].rpartition("/")[2], words[index - 1] if index else ""
    if "://" in before or (program in ("curl", "wget") and "/" in before):
        return _in_url(before)
    counted = previous == "-n" and program in _HEADS
    if counted or _COUNTED.fullmatch(before or previous) or (program == "kill" and not before):
        return ParameterType.INTEGER
    if _LASTING.fullmatch(before or previous):
        return ParameterType.DURATION
    if before.endswith("@") or _chooses_host(words, index, before):
        return ParameterType.HOST
    if before.startswith(("/", "./", "../", "~")):
        return ParameterType.PATH
    if previous.startswith("-") and not before and program not in _READ_FILES:
        return None
    return ParameterType.PATH if program in _READ_FILES else None


def _chooses_host(words: Sequence[str], index: int, before: str) -> bool:
    """Whether the value would say where something goes, whatever stands before the program."""
    programs = {word.rpartition("/")[2] for word in words[:index]}
    if programs & _CALL_HOSTS:
        return bool(_PART_OF_HOST.fullmatch(before))
    option = _CHOOSES_HOST.fullmatch(before or words[index - 1])
    return bool(option) and not programs & _READ_FILES


def _in_url(before: str) -> ParameterType | None:
    if _URL_HOST.fullmatch(before):
        return ParameterType.HOST
    return ParameterType.INTEGER if _URL_PORT.fullmatch(before) else None


_STRICTEST = (
    ParameterType.HOST,
    ParameterType.PATH,
    ParameterType.INTEGER,
    ParameterType.DURATION,
    ParameterType.IDENTIFIER,
)

_FIGURES = frozenset({ParameterType.INTEGER, ParameterType.DURATION})


def guessed(name: str, places: Sequence[ParameterType | None]) -> ParameterType:
    """Return the type of a parameter that stands in several places.

    A name that says figure or duration is believed: nothing is narrower. Else what chooses a host
    or a file, which a person has to confirm, goes first.
    """
    said = {place for place in places if place is not None}
    from_name = by_name(name)
    if from_name in _FIGURES and not said & _FIGURES:
        return from_name
    said.add(from_name or ParameterType.IDENTIFIER)
    return next(kind for kind in _STRICTEST if kind in said)
