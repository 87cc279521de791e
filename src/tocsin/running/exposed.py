"""Warn of secrets on a command line, where every process on the host can read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from tocsin.core.run import StepRun
from tocsin.core.runbook import Language, Statement
from tocsin.reading.lint.calls import Call, calls_of
from tocsin.reading.lint.secrets import is_address, is_secret

_IN_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/:@]*:[^\s/@]+@")
_AUTHORIZED = re.compile(
    r"(?:proxy-)?authorization\s*:|x-api-key\s*:|x-auth-token\s*:", re.IGNORECASE
)
_BUILT_IN = frozenset({"echo", "printf", "export", "test", "[", "[[", "set", "read", "local"})
_ENVIRONMENT = ("-e", "--env")
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "mysql": ("-p", "--password"),
    "mysqldump": ("-p", "--password"),
    "mysqladmin": ("-p", "--password"),
    "mariadb": ("-p", "--password"),
    "redis-cli": ("-a", "--pass"),
    "sshpass": ("-p",),
    "wget": ("--password", "--http-password"),
    "mongosh": ("-p", "--password"),
    "mongo": ("-p", "--password"),
}
_WITHOUT_A_WORD = frozenset({"mysql", "mysqldump", "mysqladmin", "mariadb"})
"""Their `-p` takes a password only where it is written right behind it."""


def warnings(step_run: StepRun) -> tuple[str, ...]:
    """Return one sentence for each way in which the command shows a secret to `ps`."""
    command = step_run.command
    if command is None or command.language is not Language.BASH:
        return ()
    return _warnings(command.text)


@lru_cache(maxsize=1024)
def _warnings(text: str) -> tuple[str, ...]:
    statement = Statement(language=Language.BASH, text=text, start=1, end=1)
    found = (said for call in calls_of(statement) for said in _of_call(call))
    return tuple(dict.fromkeys(found))


def _of_call(call: Call) -> Iterator[str]:
    if call.name in _BUILT_IN:
        return
    shows = f"`{call.name}` shows"
    where = "on the command line, where `ps` shows it to everybody on that host"
    for name in call.variables:
        if is_secret(name) or is_address(name):
            yield f"{shows} the value of {name} {where}."
    if any(_IN_ADDRESS.search(word) for word in call.args):
        yield f"{shows} a password in an address {where}."
    if any(_AUTHORIZED.match(value) for value in call.values("-H", "--header")):
        yield f"{shows} a header that lets somebody in {where}."
    if _has_password(call):
        yield f"{shows} a password {where}."


def _has_password(call: Call) -> bool:
    if call.name == "curl" and any(":" in each for each in call.values("-u", "--user")):
        return True
    if any(is_secret(each.partition("=")[0]) and "=" in each for each in _handed_on(call)):
        return True
    names = _OPTIONS.get(call.name, ())
    if call.name in _WITHOUT_A_WORD:
        return any(
            len(word) > len(name) and word.startswith(name) and word not in names
            for word in call.args
            for name in names
            if name == "-p" or "=" in word
        )
    return any(call.values(*names))


def _handed_on(call: Call) -> tuple[str, ...]:
    """Return what a container is given as its environment."""
    return call.values(*_ENVIRONMENT) if call.name in ("docker", "podman", "kubectl") else ()
