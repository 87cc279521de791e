"""SQL-SIDE-EFFECT-SELECT: a SELECT that ends the sessions of others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity
from tocsin.reading.lint.sqls import Sql

_EFFECT = re.compile(r"\b(pg_terminate_backend|pg_cancel_backend)\s*\(", re.IGNORECASE)
_ONE = re.compile(r"\(\s*(?:\d+|:\w+|\$\w+|\$\{\w+[^}]*\}|<[^>]*>|\[[^\]]*\]|\{\w+\})\s*\)")
_WHOSE = re.compile(r"\b(?:datname|usename|application_name|backend_type)\b", re.IGNORECASE)
_NOT_MINE = re.compile(r"pg_backend_pid\s*\(", re.IGNORECASE)


def _look(document: Document) -> Iterator[Hit]:
    for sql in document.sqls:
        effect = _EFFECT.search(sql.text)
        if effect and not _ONE.match(sql.text, effect.end() - 1):
            yield from _hits(sql, effect[1])


def _hits(sql: Sql, function: str) -> Iterator[Hit]:
    whose, not_mine = bool(_WHOSE.search(sql.text)), bool(_NOT_MINE.search(sql.text))
    if whose and not_mine:
        return
    yield Hit(
        lines=tuple(range(sql.line, sql.end + 1)),
        message=f"`{function}` acts although this reads as a query, and it is not held to"
        " one database's clients and away from its own session.",
        severity=Severity.WARNING if whose else None,
    )


rule = Rule(
    name="SQL-SIDE-EFFECT-SELECT",
    severity=Severity.ERROR,
    summary="A SELECT that ends the sessions of others.",
    look=_look,
)
