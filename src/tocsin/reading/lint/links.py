"""The links of a document: where they stand and where they lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.reading.lint.document import Document

_INLINE = re.compile(r"\]\(\s*<?([^()\s<>]+)>?(?:\s+[\"'][^\"']*[\"'])?\s*\)")
_DEFINED = re.compile(r"^ {0,3}\[[^\]^][^\]]*\]:\s*<?(\S+?)>?(?:\s+[\"'(].*)?$")
_CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
_ELSEWHERE = re.compile(r"^(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//)")
_TEMPLATED = re.compile(r"\{\{|\{%|\$\{|<|%[A-Z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link: the line it stands on, the file it names (empty: this one), and the anchor."""

    line: int
    path: str
    anchor: str


def links_of(document: Document) -> Iterator[Link]:
    """Return the links inside the repository; those to other hosts are nobody's business here."""
    for number, line in enumerate(document.mended_lines, start=1):
        if "]" not in line or document.block_at(number) is not None:
            continue
        text = _CODE.sub("", line)
        targets = _INLINE.findall(text) or _DEFINED.findall(text)
        for target in targets:
            if not _ELSEWHERE.match(target) and not _TEMPLATED.search(target):
                path, _, anchor = target.partition("#")
                yield Link(line=number, path=path.partition("?")[0], anchor=anchor)
