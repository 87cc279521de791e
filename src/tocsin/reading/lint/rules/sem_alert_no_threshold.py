"""SEM-ALERT-NO-THRESHOLD: nothing says when the alert fires."""

from __future__ import annotations

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    lines = [
        line
        for playbook in document.runbook.playbooks
        if playbook.alerts and not playbook.thresholds
        for line in playbook.alert_lines
    ]
    message = (
        "Nothing says at which figure this alert fires, so nobody can tell whether it is over."
    )
    return one_hit(lines, message)


rule = Rule(
    name="SEM-ALERT-NO-THRESHOLD",
    severity=Severity.WARNING,
    summary="Nothing says when the alert fires.",
    look=_look,
)
