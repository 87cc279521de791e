"""SQL-PII: all columns of a table about people, copied into the record."""

from __future__ import annotations

import re

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_PEOPLE = re.compile(
    r"\bSELECT\s+\*\s+FROM\s+[\w.\"]*(?:audit|user|customer|account|profile|session|login|patient"
    r"|person|member|employee)\w*",
    re.IGNORECASE,
)


def _look(document: Document) -> list[Hit]:
    lines = [line for sql in document.sqls for line in sql.lines_of(_PEOPLE)]
    return one_hit(lines, "All columns about people end up in the incident's record: name the few.")


rule = Rule(
    name="SQL-PII",
    severity=Severity.INFO,
    summary="All columns of a table about people, copied into the record.",
    look=_look,
)
