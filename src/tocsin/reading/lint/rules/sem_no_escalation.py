"""SEM-NO-ESCALATION: a playbook that says nothing about whom to call next."""

from __future__ import annotations

import re

from tocsin.reading.extract.words import Role
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.heads import has_section, is_one_runbook
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_SAYS_WHOM = re.compile(
    r"\bescalat\w+ (?:\w+ )?to (?:the |your |an? )?(?!(?:next|higher|following)\b)\w"
    r"|\b(?:page|call|phone) (?:the |your )?(?:on-?call|secondary|primary|backup|team|\w+ lead)\b"
    r"|\b(?:security|emergency) contact:",
    re.IGNORECASE,
)


def _look(document: Document) -> list[Hit]:
    if is_one_runbook(document) and has_section(document, Role.ESCALATION):
        return []
    without = [one for one in document.runbook.playbooks if not one.escalations]
    lines = [
        one.line for one in without if not _says_whom(document, one.line, document.end_of(one))
    ]
    general = document.runbook.escalations or document.runbook.contacts
    if general or _says_whom(document, 1, len(document.lines)):
        message = "Whom to call next is only said in general: say it for this incident."
        return one_hit(lines, message, severity=Severity.WARNING)
    return one_hit(lines, "Nothing in the document says whom to call when this does not help.")


def _says_whom(document: Document, first: int, last: int) -> bool:
    return any(_SAYS_WHOM.search(line) for line in document.mended_lines[first - 1 : last])


rule = Rule(
    name="SEM-NO-ESCALATION",
    severity=Severity.ERROR,
    summary="A playbook that says nothing about whom to call next.",
    look=_look,
)
