"""LANG-PSEUDO: code that runs nowhere but in the middle of a program."""

from __future__ import annotations

import re

from tocsin.core.runbook import Block
from tocsin.reading.lint.blocks import code_lines
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_LABELS = {"typescript", "ts", "javascript", "js"}
_CALLED = re.compile(r"^\s*await\s+(?P<name>\w+)\.")
_DECLARED = re.compile(r"\b(?:const|let|var|import|function|class)\b")


def _look(document: Document) -> list[Hit]:
    lines = [
        line
        for block in document.runbook.blocks
        if (block.label or "").lower() in _LABELS
        for line in _undeclared(block)
    ]
    message = "This calls what only the running program has: say how a person does it."
    return one_hit(lines, message)


def _undeclared(block: Block) -> list[int]:
    code = code_lines(block)
    if any(_DECLARED.search(line) for _, line in code):
        return []
    calls = [number for number, line in code if _CALLED.match(line)]
    return [block.start, *calls] if calls else []


rule = Rule(
    name="LANG-PSEUDO",
    severity=Severity.WARNING,
    summary="Code that runs nowhere but in the middle of a program.",
    look=_look,
)
