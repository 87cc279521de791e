"""SEM-NO-TIME-BUDGET: phases of the response without a time."""

from __future__ import annotations

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    phases = document.runbook.process
    if any(phase.budget is not None for phase in phases):
        return []
    message = "No phase of the response has a time: nothing can be late."
    return one_hit((phase.line for phase in phases), message)


rule = Rule(
    name="SEM-NO-TIME-BUDGET",
    severity=Severity.INFO,
    summary="Phases of the response without a time.",
    look=_look,
)
