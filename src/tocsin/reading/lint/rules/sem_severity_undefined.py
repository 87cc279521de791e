"""SEM-SEVERITY-UNDEFINED: levels of severity are used and never defined."""

from __future__ import annotations

import re

from tocsin.core.runbook import SeverityLevel
from tocsin.reading.extract.words import severity_in
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_BY_WHEN = r"\brespon\w+(?: time)?\W{1,4}.{0,10}\d|\bbusiness day\b"
_LABELS = ("Critical", "Warning", "Info")  # they route an alert, and explain themselves


def _look(document: Document) -> list[Hit]:
    levels = [one for one in document.runbook.severities if not _explained(document, one)]
    if not levels or any(document.defines(level) for level in levels):
        return []
    used = [
        one.severity_line
        for one in document.runbook.playbooks
        if one.severity_line and _names_a_level(document, one.severity_line)
    ]
    used += [level.line for level in levels]
    names = ", ".join(level.id for level in levels)
    they = "these levels mean or ask" if len(levels) > 1 else "this level means or asks"
    return one_hit(used, f"Nothing says what {they} for: {names}.")


def _explained(document: Document, level: SeverityLevel) -> bool:
    """Whether it routes an alert, or a line says what it is for or by when to respond."""
    name = re.escape(level.id)
    says = re.compile(rf"\b{name}\b(?:\W{{0,3}}\s(?:for|if|when)\b|.{{0,80}}?(?:{_BY_WHEN}))", re.I)
    return level.id in _LABELS or bool(says.search("\n".join(document.mended_lines)))


def _names_a_level(document: Document, line: int) -> bool:
    return severity_in(document.mended_lines[line - 1]) is not None


rule = Rule(
    name="SEM-SEVERITY-UNDEFINED",
    severity=Severity.WARNING,
    summary="Levels of severity are used and never defined.",
    look=_look,
)
