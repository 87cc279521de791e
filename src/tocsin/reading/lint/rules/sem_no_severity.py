"""SEM-NO-SEVERITY: a playbook without a level, though the document has levels."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.heads import is_one_runbook, says_level
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> Iterator[Hit]:
    levels = document.runbook.severities
    if not any(map(document.defines, levels)) or is_one_runbook(document):
        return
    without = [
        one
        for one in document.runbook.playbooks
        if one.severity is None and not says_level(document, one)
    ]
    message = "The levels are defined, and nothing says which one this is."
    incidents = (one.line for one in without if one.symptoms or one.alerts)
    yield from one_hit(incidents, message)
    fixes = (one.line for one in without if not (one.symptoms or one.alerts))
    yield from one_hit(fixes, message, severity=Severity.WARNING)


rule = Rule(
    name="SEM-NO-SEVERITY",
    severity=Severity.ERROR,
    summary="A playbook without a level, though the document has levels.",
    look=_look,
)
