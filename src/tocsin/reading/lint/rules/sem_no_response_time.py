"""SEM-NO-RESPONSE-TIME: levels of severity without a time to respond."""

from __future__ import annotations

import re

from tocsin.core.runbook import SeverityLevel
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_BY_WHEN = re.compile(r"\b(?:immediately|business (?:hours|days?)|no page|24/7)\b", re.IGNORECASE)


def _look(document: Document) -> list[Hit]:
    levels = document.runbook.severities
    defined = [level for level in levels if document.defines(level)]
    if len(defined) < 2 or any(level.respond_within is not None for level in levels):
        return []
    if any(_says_when(document, level) for level in defined):
        return []
    message = "The levels say how bad it is, and not by when somebody must respond."
    return one_hit((level.line for level in defined), message)


def _says_when(document: Document, level: SeverityLevel) -> bool:
    """Whether its definition says in words when somebody has to be there."""
    text = document.mended_lines[level.line - 1 : document.level_end(level)]
    return bool(_BY_WHEN.search(" ".join(text)))


rule = Rule(
    name="SEM-NO-RESPONSE-TIME",
    severity=Severity.WARNING,
    summary="Levels of severity without a time to respond.",
    look=_look,
)
