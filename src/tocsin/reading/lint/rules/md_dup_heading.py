"""MD-DUP-HEADING: two sections with the same heading and different content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tocsin.reading.extract.words import role_of
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, together
from tocsin.reading.outline import Kind, Section

_A_FORM = 3  # as often as this, a heading is the form of every section, not its name


def _look(document: Document) -> Iterator[Hit]:
    for title, sections in _by_title(document).items():
        own = {_text(section) for section in sections}
        if 1 < len(sections) < _A_FORM and len(own) > 1 and "" not in own:
            yield Hit(
                lines=together(section.heading.line for section in sections),
                message=f'There are two sections "{title}" that say different things; a link'
                " leads to the first.",
            )


def _by_title(document: Document) -> dict[str, list[Section]]:
    found: dict[str, list[Section]] = defaultdict(list)
    for section in document.sections:
        if section.heading.level > 1 and role_of(section.title) is None:
            found[section.title].append(section)
    return found


def _text(section: Section) -> str:
    """Return what is to be done in the section; sections without a block do not compete."""
    return "\n".join(part.text for part in section.own if part.kind is Kind.FENCE)


rule = Rule(
    name="MD-DUP-HEADING",
    severity=Severity.WARNING,
    summary="Two sections with the same heading and different content.",
    look=_look,
)
