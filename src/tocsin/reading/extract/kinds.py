"""Chapters of kinds of incident, and titles that say only how bad incidents are."""

from __future__ import annotations

import re

from tocsin.reading.outline import Section

_CHAPTER = re.compile(
    r"\b(?:common|known|typical|frequent|specific|possible)\b.{0,20}"
    r"\b(?:issues|problems|errors|causes|failures|incidents|scenarios|types|procedures|responses)\b"
    r"|\b(?:incident|alert|failure|response|emergency) (?:scenarios|types|playbooks|runbooks)\b"
    r"|\b(?:scenarios|playbooks|runbooks)$",
    re.IGNORECASE,
)
_WORK = re.compile(
    r"^\W*(?:common )?(?:investigation|diagnostic|troubleshooting|resolution|recovery)"
    r" (?:procedures|steps)$",
    re.IGNORECASE,
)
_TROUBLES = re.compile(
    r"\b(?:issues|problems|outages?|failures?|errors|degradation|attacks?)$", re.IGNORECASE
)
_ONLY_RANK = re.compile(
    r"(?:\W|(?:P|SEV|S)[- ]?\d\b|\b(?:critical|high|medium|low|major|minor|severity|sev|priority"
    r"|level|tier|incidents?|response|procedures?|issues?)\b)+",
    re.IGNORECASE,
)


def is_chapter_of_kinds(section: Section | None) -> bool:
    """Return whether each section below one is about a kind of incident."""
    if section is None or section.heading.level == 1:
        return False
    return bool(_CHAPTER.search(section.title)) or is_work_by_kind(section)


def is_work_by_kind(section: Section) -> bool:
    """Return whether one part of the work stands here for several kinds of incident.

    `Resolution steps` is a chapter of `Queue problems`, `Login failures`; the title says for
    what part of the work all of them are.
    """
    if len(section.children) < 2 or not _WORK.match(section.title):
        return False
    return all(_TROUBLES.search(child.title) for child in section.children)


def names_only_rank(title: str) -> bool:
    """Return whether a title says how bad incidents are, and nothing of what happened."""
    return bool(_ONLY_RANK.fullmatch(title))
