"""How plans say durations, figures and lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from tocsin.core.runbook import Threshold
from tocsin.reading.anchors import plain
from tocsin.reading.extract.words import longest_in
from tocsin.reading.figures import in_words

_UNITS = ((86400, "day"), (3600, "h"), (60, "min"), (1, "s"))
_BUDGET = re.compile(
    r"(?:^|\()\s*(?:<|≤|within|under|less than|in the first|first|next)\s*[^()]*", re.IGNORECASE
)
_CELL = " | "  # between the cells of a table's row
_NUMBER = re.compile(r"^\d+[.)]\s+")
_BULLET = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?")


def spoken(length: timedelta) -> str:
    """Return a duration in words: `5 min`, `1 h 30 min`, `3 days`; two units at most."""
    left = round(abs(length.total_seconds()))
    told: list[str] = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            told.append(f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}")
    return " ".join(told[:2]) or "0 s"


def harmless(text: str) -> str:
    """Return text in which nothing hides: what cannot be printed is written out by its number."""
    return "".join(map(_harmless, text))


def _harmless(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    return f"⟨U+{ord(character):04X}⟩"


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: `ada, grace and linus`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def many(count: int, thing: str) -> str:
    """Return a count with its noun."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def figure(threshold: Threshold) -> str:
    """Return a threshold in words: `error rate > 5% for 5 min`."""
    metric = _NUMBER.sub("", threshold.metric)  # a heading that is one keeps its number
    return in_words(replace(threshold, metric=metric), duration=spoken)


def budget_in(title: str) -> timedelta | None:
    """Return the time a title gives: `Immediate (< 5 min)`, `Within 1 hour`; None if none."""
    found = _BUDGET.search(title)
    return longest_in(found[0]) if found else None


def sentences(text: str) -> tuple[str, ...]:
    """Return the paragraphs and bullets of a step, each on one line and without its marks."""
    told: list[str] = []
    for line in text.split("\n"):
        bullet = _BULLET.match(line)
        words = plain(line[bullet.end() :] if bullet else line.strip())
        if not words:
            continue
        if bullet or not told or _CELL in line:
            told.append(words)
        else:
            told[-1] = f"{told[-1]} {words}"
    return tuple(told)
