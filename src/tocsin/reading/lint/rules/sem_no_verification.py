"""SEM-NO-VERIFICATION: a playbook that never looks whether it helped."""

from __future__ import annotations

import re

from tocsin.core.risk import ACTING, Risk
from tocsin.core.runbook import Phase, Playbook, Step
from tocsin.reading.extract.words import Role
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.heads import has_section, is_one_runbook
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_ASKS = re.compile(
    r"^\s*[-*]\s+(?:\[ \]\s*)?(?:\*\*)?(?:verify|validate)\b[^:`]*$|^#+ .*& verify|^confirm\b", re.I
)
_WAITS = re.compile(
    r"\bwait\b.{0,80}\b(?:status|stable|healthy|ready|complete|available)\b|smoke", re.I
)


def _look(document: Document) -> list[Hit]:
    if is_one_runbook(document) and has_section(document, Role.VERIFY):
        return []
    lines = [
        one.line
        for one in document.runbook.playbooks
        if one.steps and not _is_verified(document, one)
    ]
    return one_hit(lines, "No step looks whether it helped.")


def _is_verified(document: Document, playbook: Playbook) -> bool:
    return (
        playbook.soak is not None
        or _asks_to_verify(document, playbook)
        or any(
            step.phase is Phase.VERIFY or _waits(step) or _looks_after_changing(document, step)
            for step in playbook.steps
        )
    )


def _asks_to_verify(document: Document, playbook: Playbook) -> bool:
    """Whether an item behind the first remedy asks to verify, or a heading does beside it."""
    remedies = [one.line for one in playbook.steps if one.phase is Phase.MITIGATE]
    if not remedies:
        return False
    below = document.mended_lines[min(remedies) - 1 : document.end_of(playbook)]
    return any(_ASKS.search(line) for line in below)


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
