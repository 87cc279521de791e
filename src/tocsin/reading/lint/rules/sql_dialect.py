"""SQL-DIALECT: a function of another database than the one that is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit
from tocsin.reading.lint.sqls import Sql

_ONLY_IN: dict[str, re.Pattern[str]] = {
    "sqlite": re.compile(
        r"\b(?:datetime|date|strftime|julianday|unixepoch)\s*\(\s*'now'|\bsqlite_master\b"
        r"|\bPRAGMA\s+\w+",
        re.IGNORECASE,
    ),
    "postgres": re.compile(
        r"\binterval\s*'|::\w+|\bpg_\w+|\bALTER\s+SYSTEM\b|\bILIKE\b|\bcurrent_setting\s*\(",
        re.IGNORECASE,
    ),
    "mysql": re.compile(
        r"\bSHOW\s+(?:FULL\s+)?PROCESSLIST\b|\bDATE_SUB\s*\(|\bINTERVAL\s+\d+\s+\w+\)",
        re.IGNORECASE,
    ),
}
_NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL", "mysql": "MySQL"}


def _look(document: Document) -> Iterator[Hit]:
    client = _usual_client(document)
    for dialect, pattern in _ONLY_IN.items():
        lines = [
            line
            for sql in document.sqls
            if (sql.client or client) not in ("", dialect)
            for line in sql.lines_of(pattern)
        ]
        yield from one_hit(lines, f"Only {_NAMES[dialect]} knows this, and another one is asked.")


def _usual_client(document: Document) -> str:
    """Return the database most clients of the document speak to; empty where nobody says."""
    clients = [sql.client for sql in document.sqls if sql.client]
    clients += ["postgres" for sql in document.sqls if not sql.client and _is_postgres(sql)]
    return max(set(clients), key=clients.count, default="")


def _is_postgres(sql: Sql) -> bool:
    return bool(re.search(r"\bpg_\w+\s*\(|\bFROM\s+pg_", sql.text, re.IGNORECASE))


rule = Rule(
    name="SQL-DIALECT",
    severity=Severity.ERROR,
    summary="A function of another database than the one that is asked.",
    look=_look,
)
