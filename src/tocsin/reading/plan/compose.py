"""Compose a plan: what would happen, minute by minute, if the alert of a playbook fired now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby

from tocsin.core.run import RunState
from tocsin.core.runbook import Playbook, Runbook
from tocsin.reading.anchors import plain
from tocsin.reading.plan import clocks, messages, recovery, work
from tocsin.reading.plan.case import Case, case_of
from tocsin.reading.plan.duty import OnDuty
from tocsin.reading.plan.entries import Chapter, Entry, Kind, Plan, Section
from tocsin.reading.plan.wording import figure, listed, many, spoken

_MILDEST = 4  # beyond it levels look alike
_TITLES = {
    Chapter.AT_ONCE: "At once",
    Chapter.CLOCKS: "As time passes",
    Chapter.SYMPTOMS: "Is it this?",
    Chapter.NOTES: "Also written",
    Chapter.PEOPLE: "For you",
    Chapter.CONDITIONS: "If",
    Chapter.RECOVERY: "Is it over?",
    Chapter.AFTERWARDS: "Afterwards",
}


def plan_of(runbook: Runbook, playbook: Playbook, duty: OnDuty) -> Plan:
    """Return what would happen if the playbook's alert fired now.

    Args:
        runbook: The document.
        playbook: One of its playbooks, at the severity that is asked about.
        duty: What the product would do with it.
    """
    case = case_of(runbook, playbook, duty)
    entries = [*_opening(case), *_entries(case)]
    return Plan(
        file=runbook.file,
        sha256=runbook.sha256,
        heading=plain(playbook.heading),
        line=playbook.line,
        anchor=playbook.anchor,
        alerts=tuple(dict.fromkeys(playbook.alerts)),
        severity=playbook.severity,
        rank=min(case.level.rank, _MILDEST) if case.level else 0,
        severity_line=playbook.severity_line,
        service=duty.service,
        sections=tuple(_sections(case, entries)),
        remarks=tuple(_remarks(case)),
    )


def _entries(case: Case) -> Iterator[Entry]:
    yield from work.forbidden(case)
    yield from clocks.pages(case)
    yield from work.looks(case)
    yield from messages.messages(case)
    yield from clocks.deadlines(case)
    yield from work.symptoms(case)
    yield from work.notes(case)
    yield from work.work(case)
    yield from clocks.conditions(case)
    yield from recovery.recovery(case)
    yield from recovery.afterwards(case)


def _opening(case: Case) -> Iterator[Entry]:
    """Yield the alert and the incident that opens."""
    playbook = case.playbook
    named = dict(zip(playbook.alerts, playbook.alert_lines, strict=False))
    for alert, line in named.items():
        yield _opens(Kind.ALERT, f"The alert {alert} fires", line)
    if not named:
        text = f"An alert fires whose runbook_url ends in #{playbook.anchor}"
        yield _opens(Kind.ALERT, text, playbook.line)
    for threshold in playbook.thresholds:
        yield _opens(Kind.INCIDENT, f"Its threshold: {figure(threshold)}", threshold.line)
    at = f" at {playbook.severity}" if playbook.severity else ""
    yield _opens(Kind.INCIDENT, f"An incident opens{at}", playbook.severity_line or playbook.line)


def _opens(kind: Kind, text: str, line: int) -> Entry:
    return Entry(chapter=Chapter.AT_ONCE, kind=kind, at=timedelta(), text=text, line=line)


def _sections(case: Case, entries: list[Entry]) -> Iterator[Section]:
    for chapter in Chapter:
        own = [entry for entry in entries if entry.chapter is chapter]
        if chapter is Chapter.CLOCKS:
            own.sort(key=lambda entry: entry.at or timedelta.max)
        if own:
            yield Section(
                chapter=chapter,
                title=_TITLES[chapter],
                said=_said(case, chapter),
                entries=tuple(own),
            )


def _said(case: Case, chapter: Chapter) -> str:
    """Return what holds for everything in a chapter."""
    lasts = spoken(case.duty.approval_lasts)
    return {
        Chapter.AT_ONCE: _confined(case),
        Chapter.CLOCKS: (
            "Whoever takes the incident rests the policy; the runbook's own clocks go on until it "
            "is mitigated."
        ),
        Chapter.SYMPTOMS: "What one would see; confirm it, or look for another playbook.",
        Chapter.NOTES: "Prose that is part of no step: Tocsin makes nothing of it.",
        Chapter.PEOPLE: (
            "Nothing here happens without you. You approve exactly the text you see, on one "
            f"target; an approval lasts {lasts} and works once."
        ),
        Chapter.RECOVERY: (
            "Tocsin looks when a change you approved has succeeded, and when the alert is called "
            "over."
        ),
    }.get(chapter, "")


def _confined(case: Case) -> str:
    """Return under which conditions statements run by themselves, if any do."""
    ready = [run for run in case.duty.step_runs if run.state is RunState.READY and run.command]
    longest = max((run.command.limits.time for run in ready if run.command), default=None)
    if longest is None:
        return ""
    return (
        "What is certain to only look runs by itself, where it cannot write, for "
        f"{spoken(longest)} at most; without a sandbox on the server it waits for you."
    )


def _remarks(case: Case) -> Iterator[str]:
    """Yield what one must know before reading on."""
    if case.duty.remark:
        yield case.duty.remark
    if silent := clocks.silent(case):
        yield silent
    mine = {line for block in case.blocks for line in range(block.start, block.end + 1)}
    for finding in case.runbook.findings:
        if finding.line in mine:
            yield f"Line {finding.line}: {finding.message}"


def essence(plan: Plan) -> str:
    """Return the plan in one sentence."""
    looks = len(plan.runs(Chapter.AT_ONCE, RunState.READY))
    asks = len(plan.runs(Chapter.PEOPLE, RunState.WAITING))
    steps = [entry for entry in plan.chapter(Chapter.PEOPLE) if entry.kind is Kind.STEP]
    by_hand = sum(not entry.runs for entry in steps)
    by_hand += len(plan.runs(Chapter.PEOPLE, RunState.MANUAL))
    verified = len(plan.runs(Chapter.RECOVERY, RunState.HELD))
    told = [
        f"{many(looks, 'look')} by {'itself' if looks == 1 else 'themselves'}" if looks else "",
        f"{many(asks, 'command')} for your approval" if asks else "",
        f"{many(by_hand, 'step')} by hand" if by_hand else "",
        f"{many(verified, 'look')} to verify" if verified else "",
    ]
    return listed([each for each in told if each]) or "nothing to do is found in it"


def whom(plan: Plan) -> str:
    """Return who is paged first and next, in one sentence; empty where nobody is."""
    pages = [entry for entry in plan.entries if entry.kind is Kind.PAGE and entry.people]
    first: dict[str, timedelta] = {}
    for page in pages:
        for name in page.people:
            first.setdefault(name, page.at or timedelta())
    told = [f"{listed(list(names))} {_since(at)}" for at, names in groupby(first, key=first.get)]
    return f"Paged: {'; '.join(told)}." if told else ""


def _since(at: timedelta | None) -> str:
    return f"after {spoken(at)}" if at else "at once"
