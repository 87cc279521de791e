"""A document that is one playbook: what of it is the response, and what is about the team.

Where the title names one kind of incident, the sections below are its groups; but severities,
contacts, messages and the review stand there as they stand in any other document.
"""

from __future__ import annotations

import re

from tocsin.reading.extract.people import has_numbers
from tocsin.reading.outline import Kind, Part, Section

_APART = re.compile(
    r"severit(?!y\s*:)|\bcontacts?\b|template|post[- ]?(?:mortem|incident|action)|retrospective"
    r"|\breferences?\b|revision|change ?log|document (?:control|history)|\btraining\b|\bglossary\b"
    r"|on-call (?:rota|roster)",
    re.IGNORECASE,
)
_TEXTS = ("", "text", "txt", "markdown", "md")
_MESSAGES = re.compile(r"communicat|notification", re.IGNORECASE)


def response_in(section: Section) -> list[Part]:
    """Return the parts of a playbook: all of a section, of a whole document only the response."""
    return section.parts() if section.heading.level > 1 else _below(section)


def _below(section: Section) -> list[Part]:
    found = list(section.own)
    for child in section.children:
        found += [] if _is_apart(child) else [child.heading, *_below(child)]
    return found


def team_in(section: Section) -> list[Section]:
    """Return the sections of a whole document that are not its response, subsections included."""
    if section.heading.level > 1:
        return []
    return _apart_below(section, apart=False)


def _apart_below(section: Section, *, apart: bool) -> list[Section]:
    found: list[Section] = []
    for child in section.children:
        out = apart or _is_apart(child)
        found += [child] if out else []
        found += _apart_below(child, apart=out)
    return found


def _is_apart(section: Section) -> bool:
    if _APART.search(section.title) or has_numbers(section):
        return True
    if not _MESSAGES.search(section.title):
        return False
    parts = section.parts()
    texts = any(part.kind is Kind.FENCE and part.label.lower() in _TEXTS for part in parts)
    return texts or not any(part.kind in (Kind.ITEM, Kind.ROW) for part in parts)
