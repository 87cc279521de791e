"""SEM-NO-ALERT: a playbook that no alert opens."""

from __future__ import annotations

import re

from tocsin.core.runbook import Playbook
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.heads import is_one_runbook, names_alert
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_PROCEDURE = re.compile(
    r"\b(?:roll(?:ing)? ?back|restor(?:e|ing)|recovery|rehearsal|drill|deploy\w*|release|upgrade"
    r"|migration|maintenance|rotat\w+|fail-?over|investigation)\b",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"\b(?:fail(?!-?over)\w*|down|stuck|errors?|slow|lag\w*|high|full|missing|loss|lost|outage|broken)\b",
    re.IGNORECASE,
)


def _look(document: Document) -> list[Hit]:
    if is_one_runbook(document):
        return []
    lines = [
        one.line
        for one in document.runbook.playbooks
        if not (one.alerts or _is_procedure(one) or names_alert(document, one))
    ]
    return one_hit(lines, "No alert is named: somebody has to find these playbooks by searching.")


def _is_procedure(playbook: Playbook) -> bool:
    """Whether somebody decides to do this, rather than being called."""
    title = playbook.heading
    return bool(_PROCEDURE.search(title)) and not _WRONG.search(title)


rule = Rule(
    name="SEM-NO-ALERT",
    severity=Severity.INFO,
    summary="A playbook that no alert opens.",
    look=_look,
)
