"""SEM-NO-ALERT: a playbook that no alert opens."""

from __future__ import annotations

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    lines = [one.line for one in document.runbook.playbooks if not one.alerts]
    return one_hit(lines, "No alert is named: somebody has to find these playbooks by searching.")


rule = Rule(
    name="SEM-NO-ALERT",
    severity=Severity.INFO,
    summary="A playbook that no alert opens.",
    look=_look,
)
