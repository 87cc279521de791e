"""SQL-NO-PREVIEW: rows are changed without a look at which ones."""

from __future__ import annotations

import re

from tocsin.core.runbook import Block
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit
from tocsin.reading.lint.sqls import Sql

_CHANGES = re.compile(
    r"^\s*(?:UPDATE\s+(?P<u>[\w.\"]+)|DELETE\s+FROM\s+(?P<d>[\w.\"]+))", re.IGNORECASE
)
_GUARDED = re.compile(r"\bLIMIT\b|\bRETURNING\b", re.IGNORECASE)
_TRANSACTION = re.compile(r"\b(?:BEGIN|START\s+TRANSACTION)\b", re.IGNORECASE)
_ONE_ROW = re.compile(r"\bWHERE\s+(?:\w+\.)?(?:\w+_)?(?:id|uuid|key)\s*=\s*[^;]*$", re.IGNORECASE)


def _look(document: Document) -> list[Hit]:
    blind = [sql.line for sql in document.sqls if _is_blind(document, sql)]
    return one_hit(
        blind,
        "Rows are changed unseen: SELECT them with the same condition first, in a transaction.",
    )


def _is_blind(document: Document, sql: Sql) -> bool:
    changes = _CHANGES.match(sql.text)
    if changes is None or _GUARDED.search(sql.text) or _ONE_ROW.search(sql.text):
        return False
    block = document.block_at(sql.line)
    return not _previewed(block, changes["u"] or changes["d"], sql) if block else True


def _previewed(block: Block, table: str, sql: Sql) -> bool:
    """Whether the block opens a transaction, or selects from the table before."""
    lines = block.text.split("\n")[: sql.line - block.start - 1]
    before = "\n".join(lines)
    looked = re.search(rf"\bSELECT\b[^;]*\bFROM\s+{re.escape(table)}\b", before, re.IGNORECASE)
    return bool(looked or _TRANSACTION.search(before))


rule = Rule(
    name="SQL-NO-PREVIEW",
    severity=Severity.WARNING,
    summary="Rows are changed without a look at which ones.",
    look=_look,
)
