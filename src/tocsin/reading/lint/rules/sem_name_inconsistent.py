"""SEM-NAME-INCONSISTENT: one thing has two names in commands."""

from __future__ import annotations

import re
from collections import defaultdict

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_VERBS = {"exec", "logs", "restart", "stop", "start", "inspect", "stats", "top", "kill", "port"}
_VALUED = {"-u", "--user", "-w", "--workdir", "-e", "--env", "-n", "--tail", "--since", "-t"}
_PLAIN = re.compile(r"^[a-z0-9][a-z0-9_.-]+$")


def _look(document: Document) -> list[Hit]:
    places: dict[str, list[int]] = defaultdict(list)
    for call in document.calls_named("docker", "podman"):
        name = _container(call)
        if name:
            places[name].append(call.line)
    lines, names = [], []
    for short, long in _pairs(places):
        rare = min((short, long), key=lambda name: len(places[name]))
        other = long if rare == short else short
        lines += [places[other][0], *places[rare]]
        names.append(f"{short} and {long}")
    return one_hit(lines, f"Is this one container? {', '.join(names)}: one of the names fails.")


def _container(call: Call) -> str | None:
    """Return the container a command is about."""
    if not call.args or call.args[0] not in _VERBS:
        return None
    skip = False
    for word in call.args[1:]:
        if skip or word.startswith("-"):
            skip = word in _VALUED and not skip
        else:
            return word if _PLAIN.match(word) else None
    return None


def _pairs(names: dict[str, list[int]]) -> list[tuple[str, str]]:
    """Return names that are the same but for dashes, or for what is behind."""
    return [
        (short, long)
        for short in names
        for long in names
        if short != long and _same(short, long) and (len(short), short) <= (len(long), long)
    ]


def _same(short: str, long: str) -> bool:
    plain_short, plain_long = short.replace("-", "_"), long.replace("-", "_")
    if plain_short == plain_long:
        return True
    differs = ("-" in short) != ("-" in long) or ("_" in short) != ("_" in long)
    return differs and plain_long.startswith(plain_short + "_")


rule = Rule(
    name="SEM-NAME-INCONSISTENT",
    severity=Severity.ERROR,
    summary="One thing has two names in commands.",
    look=_look,
)
