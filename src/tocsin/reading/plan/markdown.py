"""A plan as Markdown: a checklist to paste into an issue or a page of the team.

Text of the document is escaped, so that it means only itself; commands stand in fences that
they cannot close.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from tocsin.core.runbook import Language
from tocsin.reading.plan.compose import essence, whom
from tocsin.reading.plan.entries import Actor, Chapter, Entry, Kind, Plan, Run, Section
from tocsin.reading.plan.shown import changed, reasons, sentence, where
from tocsin.reading.plan.wording import harmless, spoken

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!~&])")
_LISTLIKE = re.compile(r"^(\d+)([.)])|^([-+=])")
_LABEL = {
    Language.BASH: "bash",
    Language.SQL: "sql",
    Language.PROMQL: "promql",
    Language.HTTP: "http",
    Language.REDIS: "redis",
}
_TICKED = (Kind.STEP, Kind.SYMPTOM, Kind.MESSAGE, Kind.REVIEW)
_TIMED = (Chapter.AT_ONCE, Chapter.CLOCKS)


def markdown(plan: Plan) -> str:
    """Return the plan as a Markdown document."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    severity = f" · {_text(plan.severity)}" if plan.severity else ""
    service = f" · service {_text(plan.service)} of tocsin.toml" if plan.service else ""
    yield f"# {_text(plan.heading)}{severity}"
    yield ""
    yield f"{_text(plan.file)}, line {plan.line}{service}"
    yield ""
    yield _text(f"{essence(plan)}. {whom(plan)}")
    for remark in plan.remarks:
        yield ""
        yield f"> {_text(remark)}"
    for section in plan.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield ""
    yield f"## {section.title}"
    yield ""
    if section.said:
        yield _text(section.said)
        yield ""
    for entry in section.entries:
        yield from _entry(entry)


def _entry(entry: Entry) -> Iterator[str]:
    box = "[ ] " if entry.by is Actor.PERSON and entry.kind in _TICKED else ""
    yield f"- {box}{_clock(entry)}{_text(sentence(entry))} ({where(entry)})"
    for line in entry.detail:
        yield f"  - {_text(line)}"
    for said, runs in groupby(entry.runs, key=reasons):
        for run in runs:
            yield from _run(run)
        if said:
            yield ""
            yield f"  {_text(said)}"
    if entry.runs:
        yield ""


def _clock(entry: Entry) -> str:
    if entry.at is None or entry.chapter not in _TIMED:
        return ""
    return f"**{spoken(entry.at) if entry.at else 'now'}** "


def _run(run: Run) -> Iterator[str]:
    yield ""
    told = ["or, instead"] if run.alternative else []
    told += [run.label] if run.label else []
    told += [f"line {run.line}" + (f" · {run.target}" if run.target else "")]
    yield f"  {_text(': '.join(told))}"
    yield ""
    yield from _fenced(run.text, _LABEL[run.language])
    if run.written:
        yield ""
        yield "  written:"
        yield ""
        yield from _fenced(changed(run), "text")


def _text(text: str) -> str:
    """Return text as one line of Markdown that means only itself."""
    escaped = _MARKUP.sub(r"\\\1", " ".join(harmless(text).split()))
    return _LISTLIKE.sub(r"\1\\\2\3", escaped)


def _fenced(text: str, label: str) -> Iterator[str]:
    """Yield a statement as a fence within a list that it cannot close."""
    longest = max((len(ticks) for ticks in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    yield f"  {fence}{label}"
    yield from (f"  {line}".rstrip() for line in harmless(text).rstrip("\n").split("\n"))
    yield f"  {fence}"
