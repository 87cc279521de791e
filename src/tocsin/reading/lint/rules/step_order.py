"""STEP-ORDER: a step destroys what a later one needs to see."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.core.risk import ACTING, Risk
from tocsin.core.runbook import Phase, Playbook, Step
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, together

_EVIDENCE = re.compile(
    r"\b(?:preserve|collect|capture|save|secure)\b.*\b(?:evidence|logs|state)\b|forensic",
    re.IGNORECASE,
)
_ACTS = re.compile(
    r"\b(?:rotate|restart|block|kill|revoke|reset|flush|delete|rebuild)\b", re.IGNORECASE
)
_ISOLATES = re.compile(r"\bisolate\b", re.IGNORECASE)
_RESTARTS = re.compile(r"\b(?:re-?start|reboot|kill)\b", re.IGNORECASE)
_FREES = re.compile(r"\b(?:free|clear|clean|delete|purge)\b", re.IGNORECASE)
_SEEKS = re.compile(r"\b(?:identify|find|locate|determine)\b", re.IGNORECASE)
_LOOKS = re.compile(
    r"^\W*(?:\d+\.\s*)?(?:if .*, )?"
    r"(?:check|look|inspect|examine|analy[sz]e|investigate|diagnose)\b|\bleaks?\b",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    r"\b(?:health|status|verify|verification|recover|after|again|is (?:up|back))\b", re.IGNORECASE
)


def _look(document: Document) -> Iterator[Hit]:
    for playbook in document.runbook.playbooks:
        yield from _evidence_last(document, playbook)
        yield from _restart_first(document, playbook)
        yield from _delete_first(document, playbook)


def _evidence_last(document: Document, playbook: Playbook) -> Iterator[Hit]:
    for at, step in enumerate(playbook.steps):
        before = [one for one in playbook.steps[:at] if _acts(one)]
        if _EVIDENCE.search(step.title) and before:
            yield Hit(
                lines=together(_at(document, one) for one in (*before, step)),
                message="Evidence is saved after things were changed: save it first.",
                severity=Severity.ERROR,
            )
            return


def _acts(step: Step) -> bool:
    """Whether it changes what the evidence is of; taken off the network, it only stands still."""
    commanded = bool(_ISOLATES.search(step.title)) and bool(step.statements)
    return commanded or bool(_ACTS.search(step.title))


def _restart_first(document: Document, playbook: Playbook) -> Iterator[Hit]:
    for at, step in enumerate(playbook.steps):
        if not (_RESTARTS.search(step.title) and _changes(document, step)):
            continue
        later = [
            one
            for one in playbook.steps[at + 1 :]
            if _looks(one) and document.section_at(one.line) is document.section_at(step.line)
        ]
        if later:
            yield Hit(
                lines=together([_at(document, step), *(one.line for one in (step, *later))]),
                message="What these steps look for is gone after the restart: look first.",
            )
            return


def _delete_first(document: Document, playbook: Playbook) -> Iterator[Hit]:
    for at, step in enumerate(playbook.steps):
        if not _FREES.search(step.title):
            continue
        later = [one for one in playbook.steps[at + 1 :] if _SEEKS.search(one.title)]
        if later and _deletes(document, step):
            yield Hit(
                lines=together(one.line for one in (step, *later)),
                message="Things are deleted before anybody has looked at what is in the way.",
            )
            return


def _deletes(document: Document, step: Step) -> bool:
    return any(document.judge(one).risk is Risk.DESTROY for one in step.statements)


def _at(document: Document, step: Step) -> int:
    """Return the line of the step's first block, or its own."""
    blocks = [one.start for one in document.runbook.blocks if one.step_line == step.line]
    return min(blocks, default=step.line)


def _changes(document: Document, step: Step) -> bool:
    return any(document.judge(one).risk in ACTING for one in step.statements)


def _looks(step: Step) -> bool:
    return (
        step.phase is not Phase.VERIFY
        and step.phase is not Phase.FOLLOW_UP
        and bool(step.statements)
        and bool(_LOOKS.search(step.title))
        and not _AFTERWARDS.search(step.title)
    )


rule = Rule(
    name="STEP-ORDER",
    severity=Severity.WARNING,
    summary="A step destroys what a later one needs to see.",
    look=_look,
)
