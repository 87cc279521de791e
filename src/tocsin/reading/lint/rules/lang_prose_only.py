"""LANG-PROSE-ONLY: a block of code that holds only comments."""

from __future__ import annotations

from tocsin.reading.lint.blocks import SCRIPTS, SHELLS, is_only_comments
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    lines = [
        block.start
        for block in document.runbook.blocks
        if (block.label or "").lower() in SHELLS | SCRIPTS and is_only_comments(block)
    ]
    message = "The block holds only comments: it succeeds without doing anything."
    return one_hit(lines, message)


rule = Rule(
    name="LANG-PROSE-ONLY",
    severity=Severity.WARNING,
    summary="A block of code that holds only comments.",
    look=_look,
)
