"""The anchors GitHub gives to headings: what a `runbook_url` ends in."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_MARK = re.compile(r"[`\[*~_]")
_CODE = re.compile(r"`+([^`]*)`+")
_LINK = re.compile(r"!?\[([^\]\[]*)\]\([^()]*\)")
_STRONG = re.compile(r"\*{1,3}([^*]+)\*{1,3}|~~([^~]+)~~")
_EMPHASIS = re.compile(r"(?<!\w)_{1,3}([^_]+)_{1,3}(?!\w)")


@lru_cache(maxsize=4096)  # a section's title is asked for again and again
def plain(inline: str) -> str:
    """Return inline Markdown without its marks."""
    if _MARK.search(inline) is None:
        return inline.strip()
    text = _LINK.sub(r"\1", _CODE.sub(r"\1", inline))
    text = _STRONG.sub(lambda found: found[1] or found[2], text)
    return _EMPHASIS.sub(r"\1", text).strip()


def slug(heading: str) -> str:
    """Return GitHub's anchor of one heading, before repeats are told apart."""
    return "".join(filter(_stays, plain(heading).lower())).replace(" ", "-")


def _stays(character: str) -> bool:
    category = unicodedata.category(character)
    return character in " -" or category[0] in "LMN" or category == "Pc"


def anchors(headings: Iterable[str]) -> list[str]:
    """Return the anchor of every heading of a document, repeats numbered -1, -2 …"""
    seen: Counter[str] = Counter()
    result = []
    for heading in headings:
        name = slug(heading)
        result.append(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return result
