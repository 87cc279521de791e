"""LANG-SQL-IN-BASH: sQL stands in a block that says it is shell."""

from __future__ import annotations

import re

from tocsin.core.runbook import Language, Statement
from tocsin.reading.lint.blocks import SHELLS
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_HERE = re.compile(r"<<-?\s*['\"]?\w+")


def _look(document: Document) -> list[Hit]:
    lines = [
        line
        for block in document.runbook.blocks
        if (block.label or "").lower() in SHELLS
        for statement in block.statements
        if statement.language is Language.SQL and not _is_fed(document, statement)
        for line in range(statement.start, statement.end + 1)
    ]
    return one_hit(lines, "This is SQL in a block labelled as shell: pasted, a shell runs it.")


def _is_fed(document: Document, statement: Statement) -> bool:
    """Whether the line above opens a here-document for a client."""
    return bool(_HERE.search(document.mended_lines[statement.start - 2]))


rule = Rule(
    name="LANG-SQL-IN-BASH",
    severity=Severity.ERROR,
    summary="SQL stands in a block that says it is shell.",
    look=_look,
)
