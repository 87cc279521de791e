"""The parts around the playbooks: messages to send, the post-mortem."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, pairwise

from tocsin.core.runbook import MessageTemplate
from tocsin.reading.anchors import plain
from tocsin.reading.outline import Kind, Part, Section, parts_of

_REVIEW = re.compile(
    r"post[- ]?mortem|post[- ]?incident|retrospective|incident (?:report|review)|\bPIR\b"
    r"|\bafter (?:the|an|every|each) incident\b",
    re.IGNORECASE,
)
_MESSAGES = re.compile(r"template|messages?\b|communication|notification|announce", re.IGNORECASE)
_CALLED = re.compile(r"template|message", re.IGNORECASE)
_TELLS = re.compile(r"communicat|announce|notification", re.IGNORECASE)
_BLANK = re.compile(
    r"\[(?!(?:Investigating|Identified|Monitoring|Update|Resolved|[ xX])\])([^\[\]{}\n]+)\](?!\()"
    r"|\{\{?\s*(\w[\w .]*)\s*\}\}?|<([A-Za-z][\w -]*)>"
)
_INLINE = re.compile(r"[\"“]([^\"”\[]*\[[^\]\[\"”]+\][^\"”]*)[\"”]")
_FAR = 2  # lines between what introduces a quotation and its first one
_TEXTS = ("", "text", "txt", "markdown", "md", "plaintext")


def templates_in(sections: list[Section]) -> list[MessageTemplate]:
    """Return the messages the document has ready to be sent."""
    found: list[MessageTemplate] = []
    for section in sections:
        if _is_review(section):
            continue
        around = " ".join(one.title for one in (section, *section.ancestors()))
        found += _in_section(section, around)
    return found


def announced_in(sections: list[Section]) -> list[MessageTemplate]:
    """Return the messages among the steps of playbooks: what a label calls a template."""
    return [
        message
        for section in sections
        for lead, part in pairwise(section.own)
        if lead.kind is Kind.LEAD and part.kind is Kind.FENCE
        for message in _fenced(part, lead, "")
    ]


def _in_section(section: Section, around: str) -> list[MessageTemplate]:
    found: list[MessageTemplate] = []
    lead = section.heading
    for quoted, run in groupby(section.own, key=lambda part: part.quoted):
        parts = list(run)
        if quoted:
            found += _quoted(parts, lead, around)
            continue
        for part in parts:
            if part.kind is Kind.FENCE:
                found += _fenced(part, lead, around)
                lead = section.heading
            elif part.kind in (Kind.LEAD, Kind.LINE):
                lead = part
            elif part.kind is Kind.ITEM:
                found += _inline(part)
    return found


def _is_review(section: Section) -> bool:
    """Return whether a section, or one around it, is about the account of an incident."""
    titles = (one.title for one in (section, *section.ancestors()) if one.heading.level > 1)
    return any(_REVIEW.search(title) for title in titles)


def _fenced(fence: Part, lead: Part, around: str) -> list[MessageTemplate]:
    named = bool(_CALLED.search(lead.text)) or (
        bool(_TELLS.search(lead.text)) and bool(blanks(fence.text))
    )
    if fence.label.lower() not in _TEXTS or not (named or _MESSAGES.search(around)):
        return []
    name = plain(lead.text).strip(": ")
    return [
        MessageTemplate(name=name, line=lead.line, text=fence.text, placeholders=blanks(fence.text))
    ]


def _quoted(parts: list[Part], lead: Part, around: str) -> list[MessageTemplate]:
    """Return a quotation as a message, where messages are kept; elsewhere it is an aside."""
    near = parts[0].line <= lead.line + _FAR
    if not near or not _MESSAGES.search(f"{around} {lead.text}"):
        return []
    text = "".join(f"{part.text}\n" for part in parts)
    name = plain(lead.text).strip(": ")
    return [MessageTemplate(name=name, line=lead.line, text=text, placeholders=blanks(text))]


def _inline(part: Part) -> list[MessageTemplate]:
    found = _INLINE.search(part.text)
    if found is None:
        return []
    name = plain(part.text[: found.start()]).strip(": ")
    return [
        MessageTemplate(name=name, line=part.line, text=found[1], placeholders=blanks(found[1]))
    ]


def blanks(text: str) -> tuple[str, ...]:
    """Return the blanks of a message, each once, in order."""
    names = (found[1] or found[2] or found[3] for found in _BLANK.finditer(text))
    return tuple(dict.fromkeys(names))


def postmortem_of(sections: list[Section]) -> list[str]:
    """Return the titles a post-mortem is to have: of a template, else of the checklist."""
    parts = review_of(sections)
    if parts and parts[0].kind is Kind.FENCE:
        return _headings(parts[0].text)
    return [(part.label or plain(part.text)).rstrip(":") for part in parts]


def _headings(template: str) -> list[str]:
    """Return the titles of a template's sections; its own title is none of them."""
    headings = [part for part in parts_of(template) if part.kind is Kind.HEADING]
    highest = min((heading.level for heading in headings), default=0)
    alone = sum(heading.level == highest for heading in headings) == 1
    return [plain(one.text) for one in headings if not (alone and one.level == highest)]


def review_of(sections: list[Section]) -> list[Part]:
    """Return the fence that holds the template of a post-mortem, else a checklist's items."""
    reviews = [section for section in sections[1:] if _is_about_review(section.title)]
    reviews.sort(key=lambda section: "template" not in section.title.lower())
    fences = [part for one in reviews for part in one.parts() if part.kind is Kind.FENCE]
    forms = [fence for fence in fences if _is_template(fence)]
    if forms:
        return [next((form for form in forms if _headings(form.text)), forms[0])]
    lists = [list(_items(review.parts())) for review in reviews]
    ordered = [[part for part in items if part.ordered] for items in lists]
    known = {id(review) for review in reviews}
    bullets = [list(_items(one.own)) for one in sections if _is_within(one, known)]
    return next((items for items in (*ordered, *bullets) if items), [])


def _is_about_review(title: str) -> bool:
    return bool(_REVIEW.search(title)) and "escalat" not in title.lower()


def _is_template(fence: Part) -> bool:
    word = fence.label.lower()
    return word in ("markdown", "md") or (word in _TEXTS and bool(_headings(fence.text)))


def _items(parts: list[Part]) -> Iterator[Part]:
    return (part for part in parts if part.kind is Kind.ITEM and not part.level)


def _is_within(section: Section, reviews: set[int]) -> bool:
    return not reviews.isdisjoint(id(one) for one in (section, *section.ancestors()))
