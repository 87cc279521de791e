"""SQL-COUNTS-BACKGROUND: a count of connections that counts background processes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_COUNT = re.compile(r"\bcount\s*\(", re.IGNORECASE)
_ACTIVITY = re.compile(r"\bpg_stat_activity\b", re.IGNORECASE)
_CHOSEN = re.compile(r"\bWHERE\b", re.IGNORECASE)
_GROUPED = re.compile(r"\bGROUP\s+BY\b", re.IGNORECASE)


def _look(document: Document) -> Iterator[Hit]:
    counts = [
        sql
        for sql in document.sqls
        if _COUNT.search(sql.text) and _ACTIVITY.search(sql.text) and not _CHOSEN.search(sql.text)
    ]
    message = (
        "`pg_stat_activity` lists background processes too: add `backend_type = 'client backend'`."
    )
    whole = (sql.line for sql in counts if not _GROUPED.search(sql.text))
    yield from one_hit(whole, message)
    grouped = (sql.line for sql in counts if _GROUPED.search(sql.text))
    yield from one_hit(grouped, message, severity=Severity.INFO)


rule = Rule(
    name="SQL-COUNTS-BACKGROUND",
    severity=Severity.WARNING,
    summary="A count of connections that counts background processes.",
    look=_look,
)
