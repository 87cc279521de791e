"""SQL-EXTENSION: a view that only an extension brings."""

from __future__ import annotations

import re

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_EXTENSION = re.compile(r"\bpg_stat_statements\b|\bpg_buffercache\b|\bpgstattuple\b", re.IGNORECASE)


def _look(document: Document) -> list[Hit]:
    lines = [line for sql in document.sqls for line in sql.lines_of(_EXTENSION)]
    return one_hit(lines, "This needs an extension: say so, and what to do where it is missing.")


rule = Rule(
    name="SQL-EXTENSION",
    severity=Severity.INFO,
    summary="A view that only an extension brings.",
    look=_look,
)
