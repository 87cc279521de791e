"""SEM-SEVERITY-UNDEFINED: levels of severity are used and never defined."""

from __future__ import annotations

from tocsin.reading.extract.words import severity_in
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    levels = document.runbook.severities
    if not levels or any(document.defines(level) for level in levels):
        return []
    used = [
        one.severity_line
        for one in document.runbook.playbooks
        if one.severity_line and _names_a_level(document, one.severity_line)
    ]
    used += [level.line for level in levels]
    names = ", ".join(level.id for level in levels)
    return one_hit(used, f"{names}: used here, and nothing says what they mean or ask for.")


def _names_a_level(document: Document, line: int) -> bool:
    return severity_in(document.mended_lines[line - 1]) is not None


rule = Rule(
    name="SEM-SEVERITY-UNDEFINED",
    severity=Severity.WARNING,
    summary="Levels of severity are used and never defined.",
    look=_look,
)
