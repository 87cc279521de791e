"""Commands that a sentence only mentions: in a code span, not in a block or a step."""

from __future__ import annotations

import re

from tocsin.core.runbook import Language, Statement
from tocsin.reading.lint.calls import Call, calls_of
from tocsin.reading.lint.document import Document

_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")


def mentioned_calls(document: Document, program: str) -> list[Call]:
    """Return the calls of a program that stand in a code span with something to do."""
    found: list[Call] = []
    for part in document.prose:
        for line in range(part.line, part.end + 1):
            text = document.mended_lines[line - 1]
            if program in text:
                found += _in_line(text, line, program)
    return found


def _in_line(text: str, line: int, program: str) -> list[Call]:
    spans = (found[1].strip() for found in _SPAN.finditer(text))
    return [
        call
        for span in spans
        if span.startswith(program + " ")
        for call in calls_of(Statement(start=line, end=line, language=Language.BASH, text=span))
        if call.name == program
    ]
