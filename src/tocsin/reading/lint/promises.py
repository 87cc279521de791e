"""What the text around a command promises: its comment, its step, the heading above."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.core.runbook import Statement
from tocsin.reading.lint.document import Document
from tocsin.reading.outline import Kind

_REACH = 12  # lines: a comment heads a few commands, not a whole script
_LEADING = (Kind.ITEM, Kind.LEAD)
_COMMENT = re.compile(r"^\s*(?:#|--|//)\s*(.*?)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Words about a command, and the lines they stand on."""

    text: str
    lines: tuple[int, ...]


def comment_above(document: Document, line: int) -> Promise:
    """Return the comment lines right above a line of a block."""
    texts: list[str] = []
    block = document.block_at(line)
    at = line - 1
    while block is not None and at > block.start:
        found = _COMMENT.match(document.mended_lines[at - 1])
        if not found:
            break
        texts.insert(0, found[1])
        at -= 1
    return Promise(text=" ".join(texts), lines=tuple(range(at + 1, line)) if texts else ())


def label_of(document: Document, statement: Statement) -> Promise:
    """Return the comment that a statement stands under, alone or as one of a few."""
    block = document.block_at(statement.start)
    line = statement.start
    first = max(block.start + 1, line - _REACH) if block else line
    while line > first:
        found = comment_above(document, line)
        if found.lines or not document.mended_lines[line - 2].strip():
            return found
        line -= 1
    return Promise(text="", lines=())


def promise_of(document: Document, statement: Statement) -> Promise:
    """Return the comment above a statement; where there is none, its step or heading."""
    label = label_of(document, statement)
    return label if label.text else lead_of(document, statement.start)


def lead_of(document: Document, line: int) -> Promise:
    """Return the bold words of the item or paragraph that a line stands under, or its heading."""
    heading = heading_of(document, line)
    first = heading.lines[0] if heading.lines else 0
    for part in document.prose_above(line):
        if part.line <= first:
            break
        if part.kind in _LEADING and (part.label or part.ordered):
            return Promise(text=part.label or part.text, lines=(part.line,))
    return heading


def heading_of(document: Document, line: int) -> Promise:
    """Return the heading that a line stands under."""
    above = document.section_at(line)
    if above is None:
        return Promise(text="", lines=())
    return Promise(text=above.title, lines=(above.heading.line,))


def topic_of(document: Document, line: int) -> str:
    """Return what the text around a line is about: a playbook and its symptoms, or headings."""
    playbook = document.playbook_at(line)
    if playbook is None:
        section = document.section_at(line)
        above = [section, *section.ancestors()] if section else []
        return "\n".join(one.title for one in above)
    return "\n".join((playbook.heading, *playbook.symptom_texts))
