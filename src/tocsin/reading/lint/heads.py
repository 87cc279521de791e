"""What a document says once, at its head, for all the cases it treats.

A runbook for one alert may tell its causes apart, each with what to do; read by itself, such a
case looks like a playbook that lacks an alert, a level, a check and somebody to call.
"""

from __future__ import annotations

import re

from tocsin.core.runbook import Playbook
from tocsin.reading.extract.words import Role, role_of
from tocsin.reading.lint.document import Document

_ALERTS = re.compile(
    r"^[^\w\n]*(?:[\w ]{0,20}\b)?alerts?\b(?: names?|\(s\))?\W{0,4}:(?!\s*$)"
    r"|\bapplies to\b.{0,80}\balerts?:",
    re.IGNORECASE | re.MULTILINE,
)
_NAMED = re.compile(  # `QueueStuck` alert, or what stands under a heading or a column Alert
    r"`[A-Z]\w+`\s+alert\b|\bAlerting polic(?:y|ies)\W{1,6}`"
    r"|^#+ .*\b(?:[A-Z][a-z\d]+)+(?:Down|High|Lag|Full|Failed)\b"
    r"|\b[Aa]lerts?(?:\(s\))?\W{1,8}`[A-Z]\w+`"
    r"|^\|\s*Alert[^|\n]*\|[^\n]*\n[-|: ]+\n\|\s*`?[A-Z]\w+",
    re.MULTILINE,
)
_LEVEL = re.compile(
    r"\bseverity\W+(?:critical|warning|info|high|medium|low|page|P\d|SEV-?\d)\b", re.IGNORECASE
)


def is_one_runbook(document: Document) -> bool:
    """Whether an alert is named above the first playbook: the playbooks are its cases."""
    playbooks = document.runbook.playbooks
    if not playbooks:
        return False
    head = document.mended_lines[: playbooks[0].line - 1]
    return bool(_ALERTS.search("\n".join(head)))


def names_alert(document: Document, playbook: Playbook) -> bool:
    """Whether a sentence, a heading or a table of the playbook names an alert."""
    return bool(_NAMED.search(_text(document, playbook)))


def says_level(document: Document, playbook: Playbook) -> bool:
    """Whether the playbook says of what severity it is, in bold words or under a heading."""
    return bool(_LEVEL.search(_text(document, playbook)))


def has_section(document: Document, role: Role) -> bool:
    """Whether a section of the whole document is there for this."""
    return any(role_of(section.title) is role for section in document.sections)


def _text(document: Document, playbook: Playbook) -> str:
    return "\n".join(document.mended_lines[playbook.line - 1 : document.end_of(playbook)])
