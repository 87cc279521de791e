"""LANG-MULTI-QUERY: several queries in one block of PromQL."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.core.runbook import Block
from tocsin.reading.lint.blocks import PROMQLS
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, together


def _look(document: Document) -> Iterator[Hit]:
    for block in document.runbook.blocks:
        if (block.label or "").lower() in PROMQLS and len(block.statements) > 1:
            yield Hit(lines=_lines(block), message="Pasted as one, these queries do not parse.")


def _lines(block: Block) -> tuple[int, ...]:
    return together([block.start, *(statement.start for statement in block.statements)])


rule = Rule(
    name="LANG-MULTI-QUERY",
    severity=Severity.ERROR,
    summary="Several queries in one block of PromQL.",
    look=_look,
)
