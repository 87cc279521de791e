"""RISK-BYPASS: what a running program believes is changed behind its back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.core.runbook import Statement
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, together
from tocsin.reading.lint.services import act_of

_LIVE = r"(running|processing|in[-_ ]progress|active|started|executing|locked)"
_RUNNING = re.compile(
    r"\b(?:UPDATE|DELETE\s+FROM)\s+[\w.\"`]*(?:job|task|queue|run|execution|batch)\w*[\"`]?\b"
    rf"[^;]{{0,400}}?\bWHERE\b[^;]{{0,400}}?\b(?:status|state)\s*(?:=|IN\s*\()\s*'{_LIVE}'",
    re.IGNORECASE,
)
_LOCK = re.compile(
    r"\bUPDATE\s+DATABASECHANGELOGLOCK\b|\bDELETE\s+FROM\s+\w*(?:locks?|leases?)\b"
    r"|\bterraform\s+force-unlock\b|\brm\b[^\n;|&]*/(?:lock|lock-frontend|postmaster\.pid)\b",
    re.IGNORECASE,
)


def _look(document: Document) -> Iterator[Hit]:
    for statement in document.statements:
        if _mentions(statement) and not _stopped_before(document, statement):
            yield from _hits(statement.text, statement.start)


def _mentions(statement: Statement) -> bool:
    return bool(_RUNNING.search(statement.text) or _LOCK.search(statement.text))


def _stopped_before(document: Document, statement: Statement) -> bool:
    """Whether its block stops who might still be at work."""
    block = document.block_at(statement.start)
    first = block.start if block else statement.start
    acts = (act_of(call) for call in document.calls_between(first, statement.start))
    return any(act is not None and act.verb == "stop" for act in acts)


def _hits(text: str, first: int) -> Iterator[Hit]:
    for found in _RUNNING.finditer(text):
        message = "The record says so afterwards, the work goes on: stop the worker first."
        yield Hit(lines=_lines(found, first), message=message)
    for found in _LOCK.finditer(text):
        message = "A lock is released whose owner may still be at work: find the owner first."
        yield Hit(lines=_lines(found, first), message=message)


def _lines(found: re.Match[str], first: int) -> tuple[int, ...]:
    begins = first + found.string.count("\n", 0, found.start())
    return together(range(begins, begins + found[0].count("\n") + 1))


rule = Rule(
    name="RISK-BYPASS",
    severity=Severity.WARNING,
    summary="What a running program believes is changed behind its back.",
    look=_look,
)
