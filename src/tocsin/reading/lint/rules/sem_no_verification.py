"""SEM-NO-VERIFICATION: a playbook that never looks whether it helped."""

from __future__ import annotations

import re

from tocsin.core.risk import ACTING, Risk
from tocsin.core.runbook import Phase, Playbook, Step
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_WAITS = re.compile(r"\bwait\b.*\b(?:status|stable|healthy|ready|complete|available)\b|smoke", re.I)


def _look(document: Document) -> list[Hit]:
    lines = [
        one.line
        for one in document.runbook.playbooks
        if one.steps and not _is_verified(document, one)
    ]
    return one_hit(lines, "No step looks whether it helped.")


def _is_verified(document: Document, playbook: Playbook) -> bool:
    return playbook.soak is not None or any(
        step.phase is Phase.VERIFY or _waits(step) or _looks_after_changing(document, step)
        for step in playbook.steps
    )


def _waits(step: Step) -> bool:
    """Whether it waits until all is well, or tries the service out."""
    return any(_WAITS.search(said) for said in (step.title, *(one.text for one in step.statements)))


def _looks_after_changing(document: Document, step: Step) -> bool:
    changed = False
    for statement in step.statements:
        risk = document.judge(statement).risk
        if changed and risk is Risk.READ:
            return True
        changed = changed or risk in ACTING
    return False


rule = Rule(
    name="SEM-NO-VERIFICATION",
    severity=Severity.WARNING,
    summary="A playbook that never looks whether it helped.",
    look=_look,
)
