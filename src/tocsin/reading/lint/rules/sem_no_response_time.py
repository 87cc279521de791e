"""SEM-NO-RESPONSE-TIME: levels of severity without a time to respond."""

from __future__ import annotations

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    levels = document.runbook.severities
    defined = [level for level in levels if document.defines(level)]
    if len(defined) < 2 or any(level.respond_within is not None for level in levels):
        return []
    message = "The levels say how bad it is, and not by when somebody must respond."
    return one_hit((level.line for level in defined), message)


rule = Rule(
    name="SEM-NO-RESPONSE-TIME",
    severity=Severity.WARNING,
    summary="Levels of severity without a time to respond.",
    look=_look,
)
