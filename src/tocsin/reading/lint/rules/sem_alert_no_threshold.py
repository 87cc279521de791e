"""SEM-ALERT-NO-THRESHOLD: nothing says when the alert fires."""

from __future__ import annotations

import re

from tocsin.core.runbook import Playbook
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_FIRES = re.compile(  # a comparison, or how long it lasts
    r"(?:[<>]=?|[=!]=|\b(?:above|below|over|under|reach\w*|exceed\w*|within"
    r"|(?:more|less|fewer) than)\s)"
    r"\s*[$~]?\d|\bfor(?:\s*:\s*|\s+(?:(?:more|longer) than|at least|over|about)\s+)(?:\d|an?\b)",
    re.IGNORECASE,
)


def _look(document: Document) -> list[Hit]:
    lines = [
        line
        for playbook in document.runbook.playbooks
        if playbook.alerts and not playbook.thresholds and not _says_when(document, playbook)
        for line in playbook.alert_lines
    ]
    message = (
        "Nothing says at which figure this alert fires, so nobody can tell whether it is over."
    )
    return one_hit(lines, message)


def _says_when(document: Document, playbook: Playbook) -> bool:
    """Whether a sentence or a quoted rule says when it fires, in words of its own."""
    section = document.mended_lines[playbook.line - 1 : document.end_of(playbook)]
    return bool(_FIRES.search(" ".join(section)))


rule = Rule(
    name="SEM-ALERT-NO-THRESHOLD",
    severity=Severity.WARNING,
    summary="Nothing says when the alert fires.",
    look=_look,
)
