"""SQL-RLS-INEFFECTIVE: a policy on a table that does not ask its policies."""

from __future__ import annotations

import re

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_POLICY = re.compile(r"\bCREATE\s+POLICY\b", re.IGNORECASE)
_ENABLED = re.compile(r"\bENABLE\s+ROW\s+LEVEL\s+SECURITY\b", re.IGNORECASE)


def _look(document: Document) -> list[Hit]:
    policies = [sql for sql in document.sqls if _POLICY.search(sql.text)]
    if any(_ENABLED.search(line) for line in document.mended_lines):
        return []
    lines = (line for sql in policies for line in range(sql.line, sql.end + 1))
    return one_hit(lines, "Without `ALTER TABLE … ENABLE ROW LEVEL SECURITY` this has no effect.")


rule = Rule(
    name="SQL-RLS-INEFFECTIVE",
    severity=Severity.ERROR,
    summary="A policy on a table that does not ask its policies.",
    look=_look,
)
