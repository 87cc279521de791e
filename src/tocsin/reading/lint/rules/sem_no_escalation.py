"""SEM-NO-ESCALATION: a playbook that says nothing about whom to call next."""

from __future__ import annotations

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    lines = [one.line for one in document.runbook.playbooks if not one.escalations]
    if document.runbook.escalations:
        message = "Whom to call next is only said in general: say it for this incident."
        return one_hit(lines, message, severity=Severity.WARNING)
    return one_hit(lines, "Nothing in the document says whom to call when this does not help.")


rule = Rule(
    name="SEM-NO-ESCALATION",
    severity=Severity.ERROR,
    summary="A playbook that says nothing about whom to call next.",
    look=_look,
)
