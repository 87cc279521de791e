"""A cause's remedy that the document gives elsewhere, in one line: `**Leak**: Close the valve`.

Such lists stand in the general process, before the sections that treat each cause at
length. Whoever has that cause before him does what the line says as well.
"""

from __future__ import annotations

import re

from tocsin.reading.anchors import plain
from tocsin.reading.extract.playbooks import Draft
from tocsin.reading.extract.steps import group_step
from tocsin.reading.extract.words import Role, role_of
from tocsin.reading.outline import Kind, Part, Section

_SAYS_LITTLE = frozenset({"issue", "problem", "error", "failure", "trouble", "fault"})


def take_remedies(drafts: list[Draft], around: list[Section]) -> None:
    """Add to each cause the steps that `around`, outside all playbooks, has for it."""
    causes = [(_telling(draft.heading.text), draft) for draft in drafts if draft.cause]
    for section in around if causes else ():
        if role_of(section.title) is not Role.MITIGATE:
            continue
        for part in section.own:
            cause = _cause_of(part, causes)
            if cause is not None:
                cause.steps.append(group_step(part, part.label, Role.MITIGATE, ()))
    for _, draft in causes:
        draft.steps.sort(key=lambda step: step.line)


def _cause_of(part: Part, causes: list[tuple[frozenset[str], Draft]]) -> Draft | None:
    """Return the one cause that a bullet names by its label, or None."""
    if part.kind is not Kind.ITEM or not (part.label and part.rest):
        return None
    words = _telling(part.label)
    named = [draft for title, draft in causes if words and words <= title]
    return named[0] if len(named) == 1 else None


def _telling(title: str) -> frozenset[str]:
    words = re.findall(r"[a-z0-9]+", plain(title).lower())
    return frozenset(word.removesuffix("s") for word in words) - _SAYS_LITTLE
