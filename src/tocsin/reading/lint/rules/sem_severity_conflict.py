"""SEM-SEVERITY-CONFLICT: two statements about how bad it is that do not agree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit, together
from tocsin.reading.outline import Section

_TIER = re.compile(r"\b(critical|high|medium|low|major|minor)\b", re.IGNORECASE)
_NOT_YET = re.compile(r"\bexpir(?:ing|es|ation)\b|\bsoon\b|\bapproaching\b", re.IGNORECASE)
_AHEAD_DAYS = 7  # a warning this far ahead is no emergency


def _look(document: Document) -> Iterator[Hit]:
    yield from _tiers(document)
    yield from _warnings(document)


def _tiers(document: Document) -> list[Hit]:
    """Return sections that sort playbooks by words where the levels have codes and are more."""
    tiers = _tier_sections(document)
    levels = [level for level in document.runbook.severities if document.defines(level)]
    coded = any(one.severity and not one.severity_inferred for one in document.runbook.playbooks)
    if len(tiers) < 2 or len(levels) <= len(tiers) or coded:
        return []
    lines = [section.heading.line for section in tiers] + [level.line for level in levels]
    message = (
        f"{len(tiers)} tiers of playbooks and {len(levels)} levels: nothing says which is which."
    )
    return one_hit(lines, message)


def _tier_sections(document: Document) -> list[Section]:
    around = {
        id(one): one
        for playbook in document.runbook.playbooks
        if (section := document.section_at(playbook.line)) is not None
        for one in section.ancestors()
        if _TIER.search(one.title)
    }
    return list(around.values())


def _warnings(document: Document) -> Iterator[Hit]:
    """Return warnings that come days ahead and stand at the worst level."""
    worst = next((level.id for level in document.runbook.severities if level.rank == 0), None)
    for playbook in document.runbook.playbooks:
        ahead = [
            one.line
            for one in playbook.thresholds
            if one.unit == "days" and isinstance(one.value, float) and one.value > _AHEAD_DAYS
        ]
        if ahead and playbook.severity == worst and worst is not None:
            said = [
                line
                for line, text in zip(playbook.symptoms, playbook.symptom_texts, strict=True)
                if _NOT_YET.search(text)
            ]
            message = "A warning days ahead stands at the worst level, like the failure itself."
            yield Hit(lines=together([playbook.line, *said, *ahead]), message=message)


rule = Rule(
    name="SEM-SEVERITY-CONFLICT",
    severity=Severity.WARNING,
    summary="Two statements about how bad it is that do not agree.",
    look=_look,
)
