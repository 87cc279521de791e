"""What a document asks not to hear: `<!-- tocsin ignore RULE: why -->`.

The comment covers what comes right after it: a block, an item, a line; before a heading its
whole section, so above the title the whole document. On a line with text it covers that line.
Without a reason it covers nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.reading.lint.document import Document
from tocsin.reading.outline import Kind, Part

_COMMENT = re.compile(
    r"<!--\s*tocsin\s+ignore\s+(?P<rules>[A-Z0-9, *-]+?)\s*(?::\s*(?P<why>.*?))?\s*-->"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One comment, what it silences and where."""

    line: int
    rules: tuple[str, ...]
    reason: str
    first: int
    last: int

    def covers(self, rule: str, line: int) -> bool:
        """Whether a finding of this rule on this line is not wanted."""
        return bool(self.reason) and self.first <= line <= self.last and rule in self.rules


def suppressions_of(document: Document) -> tuple[Suppression, ...]:
    """Return the comments of a document, those without a reason too."""
    return tuple(_suppressions(document))


def _suppressions(document: Document) -> Iterator[Suppression]:
    for number, line in enumerate(document.mended_lines, start=1):
        for found in _COMMENT.finditer(line):
            alone = not line.replace(found[0], "").strip()
            first, last = _after(document, number) if alone else (number, number)
            yield Suppression(
                line=number,
                rules=tuple(found["rules"].replace(",", " ").split()),
                reason=(found["why"] or "").strip(),
                first=first,
                last=last,
            )


def _after(document: Document, line: int) -> tuple[int, int]:
    """Return the lines of the part after this line; of a heading, those of its section."""
    parts = document.parts
    behind = bisect_right(parts, line, key=lambda one: one.line)
    if behind == len(parts):
        return line, line
    part = parts[behind]
    return part.line, _last_of(document, part)


def _last_of(document: Document, part: Part) -> int:
    if part.kind is Kind.HEADING:
        return document.section_end(part.line)
    return part.end
