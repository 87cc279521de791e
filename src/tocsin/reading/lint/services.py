"""What a command does to a service, whichever tool keeps it: restart, stop, start, reload."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.reading.lint.calls import Call

VERBS = ("restart", "stop", "start", "reload", "try-restart", "reload-or-restart")
_COMPOSE_VERBS = (*VERBS, "up", "down")
_KNOWN = re.compile(
    r"(?<![a-z])(nginx|apache2?|httpd|redis|postgres(?:ql)?|mysqld?|mariadb|mongo(?:db|d)?|rabbitmq"
    r"|kafka|elasticsearch|haproxy|php[\d.]*-fpm|memcached|grafana|prometheus)(?![a-z])"
)
_VERSION = re.compile(r"(?<=php)[\d.]+")
_SAME = {"apache": "apache2", "httpd": "apache2", "postgres": "postgresql", "mysqld": "mysql"}
_SAME |= {"mongo": "mongodb", "mongod": "mongodb", "mariadb": "mysql"}
_DATABASE = re.compile(
    r"(^|[-_/@])(postgres|postgresql|pgsql|mysql|mysqld|mariadb|mongo|mongod|mongodb|oracle|mssql"
    r"|db|database)(\d*([-_.@]|$))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing done to services. No names: to all of them."""

    verb: str
    names: tuple[str, ...]
    call: Call


def act_of(call: Call) -> Act | None:
    """Return what a command does to services, or None."""
    found = next(_acts(call), None)
    return Act(verb=found[0], names=found[1], call=call) if found else None


def _acts(call: Call) -> Iterator[tuple[str, tuple[str, ...]]]:
    words = call.operands()
    if call.name in ("systemctl", "supervisorctl", "pm2", "rc-service") and words[:1]:
        yield from _verb_first(words, call.name == "rc-service")
    elif call.name in ("service", "invoke-rc.d") and len(words) > 1 and words[1] in VERBS:
        yield words[1], words[:1]
    elif call.name in ("docker", "podman", "docker-compose"):
        yield from _container(call, words)
    elif call.name in ("kubectl", "oc") and words[:2] == ("rollout", "restart"):
        yield "restart", words[2:]
    elif call.name == "nginx" and call.values("-s"):
        yield call.values("-s")[0], ("nginx",)
    elif call.name in ("apachectl", "apache2ctl") and words[:1]:
        yield words[0].replace("graceful", "reload"), ("apache2",)


def _verb_first(words: tuple[str, ...], turned: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    verb, names = (words[-1], words[:-1]) if turned else (words[0], words[1:])
    if verb in VERBS:
        yield verb, names


def _container(call: Call, words: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    values = {*call.values("-f", "--file", "-p", "--project-name", "-t", "--time")}
    composed = call.name == "docker-compose" or words[:1] == ("compose",)
    for at, word in enumerate(words):
        if word in (_COMPOSE_VERBS if composed else VERBS):
            verb = {"up": "start", "down": "stop"}.get(word, word)
            yield verb, tuple(one for one in words[at + 1 :] if one not in values)


def known_in(text: str) -> set[str]:
    """Return which well-known services a text names, each under one name."""
    found = (_VERSION.sub("", one) for one in _KNOWN.findall(text.lower()))
    return {_SAME.get(one, one) for one in found}


def is_database(name: str) -> bool:
    """Whether a service, container or workload is a database by its name."""
    return bool(_DATABASE.search(name.removesuffix(".service").rsplit("/", 1)[-1]))
