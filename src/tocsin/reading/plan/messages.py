"""Which of the document's messages is due when. A person sends them: the product does not."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum, auto

from tocsin.core.runbook import MessageTemplate
from tocsin.reading.extract.words import SEVERITY_ID, duration_in
from tocsin.reading.plan.case import Case
from tocsin.reading.plan.entries import Actor, Chapter, Entry, Kind

_LONGEST_NAME = 60
_ENDS = re.compile(
    r"\bresol(ved|ution)\b|\brecovered\b|\ball[- ]clear\b|\bclosing\b", re.IGNORECASE
)
_BEGINS = re.compile(
    r"\b(initial|first|start(ed)?|begin|opening|detected|declar\w+|investigating|new incident)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"\b(updates?|progress|ongoing|status)\b", re.IGNORECASE)
_TAG = re.compile(r"^\[(Investigating|Identified|Monitoring|Update|Resolved)\]", re.MULTILINE)
_EVERY = re.compile(r"\bupdates?\b[^.\n]{0,40}?\bevery\b\s+(.{1,20})", re.IGNORECASE)


class _Stage(Enum):
    BEGINS = auto()
    GOES_ON = auto()
    ENDS = auto()
    ALL = auto()  # one text with a part for each


def messages(case: Case) -> list[Entry]:
    """Return every message that is due at this severity, and the interval that has none."""
    due = [each for each in case.runbook.templates if _concerns(each, case.playbook.severity)]
    entries = [_entry(case, each) for each in due]
    interval, line = _interval(case)
    if interval and not any(entry.every for entry in entries):
        text = "Tell those who wait how it stands"
        entries.append(_message(Chapter.CLOCKS, text, line, at=interval, every=interval))
    return entries


def _concerns(template: MessageTemplate, severity: str | None) -> bool:
    named = SEVERITY_ID.findall(template.name)
    return not (named and severity) or severity in named


def _entry(case: Case, template: MessageTemplate) -> Entry:
    interval, _ = _interval(case)
    stage = _stage(template)
    blanks = f"to fill in: {', '.join(template.placeholders)}" if template.placeholders else ""
    detail = tuple(filter(None, (blanks,)))
    name = _name(template)
    if stage is _Stage.BEGINS:
        return _message(Chapter.AT_ONCE, f"Send “{name}”", template.line, detail)
    if stage is _Stage.ENDS:
        return _message(Chapter.AFTERWARDS, f"Send “{name}”", template.line, detail)
    if stage is _Stage.ALL:
        text = f"Publish “{name}”: now, with each update, and when it is over"
        return _message(Chapter.AT_ONCE, text, template.line, detail, every=interval)
    if interval is None:
        text = f"Send “{name}” whenever there is news"
        return _message(Chapter.CONDITIONS, text, template.line, detail)
    text = f"Send “{name}”"
    return _message(Chapter.CLOCKS, text, template.line, detail, at=interval, every=interval)


def _name(template: MessageTemplate) -> str:
    """Return what to call a message: its name, or how it begins where that says nothing."""
    if template.name.casefold() not in ("", "template", "message", "example", "text"):
        return template.name
    first = template.text.strip().split("\n")[0]
    return first if len(first) <= _LONGEST_NAME else f"{first[: _LONGEST_NAME - 1]}…"


def _message(
    chapter: Chapter,
    text: str,
    line: int | None,
    detail: tuple[str, ...] = (),
    *,
    at: timedelta | None = None,
    every: timedelta | None = None,
) -> Entry:
    return Entry(
        chapter=chapter,
        kind=Kind.MESSAGE,
        by=Actor.PERSON,
        at=at if at or chapter is not Chapter.AT_ONCE else timedelta(),
        every=every,
        text=text,
        line=line,
        detail=detail,
    )


def _stage(template: MessageTemplate) -> _Stage:
    """Return when a message is for: by its name, else by its text."""
    if len(set(_TAG.findall(template.text))) > 1:
        return _Stage.ALL
    for words in (template.name, template.text):
        for stage, pattern in (
            (_Stage.ENDS, _ENDS),
            (_Stage.BEGINS, _BEGINS),
            (_Stage.GOES_ON, _GOES_ON),
        ):
            if pattern.search(words):
                return stage
    return _Stage.GOES_ON


def _interval(case: Case) -> tuple[timedelta | None, int | None]:
    """Return how often others are told, and the line that says so."""
    level = case.level
    if level and level.update_every:
        return level.update_every, level.line
    for template in case.runbook.templates:
        found = _EVERY.search(template.text)
        length = duration_in(found[1]) if found and _concerns(template, None) else None
        if length:
            return length, template.line
    return None, None
