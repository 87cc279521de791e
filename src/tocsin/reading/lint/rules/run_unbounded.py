"""RUN-UNBOUNDED: everything there is, however much that has become."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_LIMITS = ("head", "tail", "wc", "less", "more", "uniq")
_CONTAINERS = ("docker", "podman", "kubectl", "oc", "docker-compose")
_BOUNDS = ("--tail", "--since", "--since-time", "--until", "-f", "--follow", "-n", "--lines")
_ALL = re.compile(r"\bSELECT\s+\*\s+FROM\s+(?P<table>[\w.\"`]+)", re.IGNORECASE)
_CATALOGUE = re.compile(r"^[\"`]?(pg_|information_schema|sys\.|v\$|performance_schema)", re.I)
_BOUNDED = re.compile(r"\b(LIMIT|FETCH\s+FIRST|TOP\s+\d)\b|\\copy|\bCOPY\b", re.IGNORECASE)
_ONE_ROW = re.compile(r"\bWHERE\s+(\w+\.)?(id|uuid|\w+_id|pid|name|email)\s*=", re.IGNORECASE)


def _look(document: Document) -> Iterator[Hit]:
    logs = [call.line for call in document.calls if _whole_log(call)]
    yield from one_hit(logs, "Prints the complete log: bound it by lines or by time.")
    yield from one_hit(_rows(document), "Prints every row: add `LIMIT`.")


def _whole_log(call: Call) -> bool:
    if any(name in _LIMITS for name in call.feeds):
        return False
    if call.name in ("cat", "zcat"):
        return any(word.endswith(".log") for word in call.operands())
    if call.name in _CONTAINERS and "logs" in call.args[:4]:
        behind = call.args[call.args.index("logs") :]
        return not any(_bounds(word) for word in behind) and not _by_selector(call)
    return False


def _by_selector(call: Call) -> bool:
    """Whether `kubectl` picks the pods by label: then it shows ten lines of each."""
    return call.name in ("kubectl", "oc") and call.option("-l", "--selector")


def _bounds(word: str) -> bool:
    return word.split("=")[0] in _BOUNDS


def _rows(document: Document) -> Iterator[int]:
    for sql in document.sqls:
        found = _ALL.search(sql.text)
        if found is None or _CATALOGUE.match(found["table"]):
            continue
        if not _BOUNDED.search(sql.text) and not _ONE_ROW.search(sql.text):
            yield sql.line


rule = Rule(
    name="RUN-UNBOUNDED",
    severity=Severity.INFO,
    summary="Everything there is, however much that has become.",
    look=_look,
)
