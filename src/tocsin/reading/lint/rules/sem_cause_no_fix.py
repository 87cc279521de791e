"""SEM-CAUSE-NO-FIX: a cause is named and nothing says what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tocsin.reading.anchors import plain
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit
from tocsin.reading.outline import Kind, Part

_CAUSES = re.compile(r"\bcauses\b[^.]*:?\s*$", re.IGNORECASE)
_WORD = re.compile(r"[a-z]{3,}")
_ANY = {
    "issue", "issues", "error", "errors", "problem", "problems", "failure", "failures", "the",
    "outage", "outages", "service", "services", "external", "high", "low", "common", "and",
}  # fmt: skip


def _look(document: Document) -> list[Hit]:
    sections = _words_of(section.title for section in document.sections)
    steps = _words_of(one.title for book in document.runbook.playbooks for one in book.steps)
    lines: list[int] = []
    for causes in _lists_of_causes(document):
        fixed = [one for one in causes if _words(one.text) & sections]
        if 2 * len(fixed) >= len(causes):  # the document does have sections by cause
            lines += [one.line for one in causes if not _words(one.text) & (sections | steps)]
    return one_hit(lines, "The cause is named, and no section says what to do about it.")


def _lists_of_causes(document: Document) -> Iterator[list[Part]]:
    """Return the bullets under each sentence or heading that announces causes."""
    prose = document.prose
    for at, part in enumerate(prose):
        if part.kind in (Kind.HEADING, Kind.ITEM) or not _CAUSES.search(plain(part.text)):
            continue
        causes = []
        for below in prose[at + 1 :]:
            if below.kind is not Kind.ITEM or below.ordered:
                break
            causes.append(below)
        if causes:
            yield causes


def _words_of(titles: Iterable[str]) -> set[str]:
    return {word for title in titles for word in _words(title)}


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower())) - _ANY


rule = Rule(
    name="SEM-CAUSE-NO-FIX",
    severity=Severity.WARNING,
    summary="A cause is named and nothing says what to do about it.",
    look=_look,
)
