"""SEM-STALE: nobody looked at the document for longer than it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.library import Library
from tocsin.reading.lint.rule import Hit, Rule, Severity

_WHEN = re.compile(
    r"\b(?:last (?:updated?|review(?:ed)?)|reviewed|updated)\b[^\d]{0,12}"
    r"(?P<date>\d{4}-\d{2}-\d{2})",
    re.IGNORECASE,
)
_HOW_OFTEN = re.compile(
    r"\breview\w*\b[^.\n]{0,30}\b(?P<period>weekly|monthly|quarterly|half-?yearly|yearly|annual)",
    re.IGNORECASE,
)
_DAYS = {"weekly": 7, "monthly": 31, "quarterly": 92}
_YEAR = timedelta(days=366)


def _across(library: Library) -> Iterator[Hit]:
    if library.today is None:
        return
    for document in library.documents:
        yield from _stale(document, library.today)


def _stale(document: Document, today: date) -> Iterator[Hit]:
    text = "\n".join(line.replace("*", "") for line in document.mended_lines)
    when, often = _WHEN.search(text), _HOW_OFTEN.search(text)
    reviewed = _date(when["date"]) if when else None
    if when is None or reviewed is None:
        return
    days = _DAYS.get(often["period"].lower()) if often else None
    period = timedelta(days=days) if days else _YEAR
    if today - reviewed > period:
        line = text.count("\n", 0, when.start()) + 1
        lines = [line, text.count("\n", 0, often.start()) + 1] if often else [line]
        message = f"Last looked at {(today - reviewed).days} days ago."
        yield Hit(file=document.file, lines=tuple(sorted(set(lines))), message=message)


def _date(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


rule = Rule(
    name="SEM-STALE",
    severity=Severity.INFO,
    summary="Nobody looked at the document for longer than it says.",
    across=_across,
)
