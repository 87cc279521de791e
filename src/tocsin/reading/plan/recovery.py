"""How it ends: when it counts as mended, how that is verified, and what is left to do."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.core.runbook import Phase, ProcessPhase
from tocsin.reading.plan.case import Case
from tocsin.reading.plan.clocks import is_review
from tocsin.reading.plan.entries import Actor, Chapter, Entry, Kind, Source
from tocsin.reading.plan.wording import budget_in, figure, spoken
from tocsin.reading.plan.work import steps


def recovery(case: Case) -> list[Entry]:
    """Return how a recovery is verified and watched, in order."""
    return [
        *steps(case, (Phase.VERIFY,), Chapter.RECOVERY),
        *_conditions(case),
        _soak(case),
        _relapse(case),
    ]


def _conditions(case: Case) -> Iterator[Entry]:
    """Yield the alert's own condition, which must not hold any more: as the runbook states it."""
    asked = (f"asked: {case.duty.condition}",) if case.duty.condition else ()
    for threshold in case.playbook.thresholds:
        yield _watch(f"Must no longer be so: {figure(threshold)}", threshold.line, detail=asked)
    if not case.playbook.thresholds:
        yield _watch("Must no longer be so: the alert fires", detail=asked)


def _soak(case: Case) -> Entry:
    playbook = case.playbook
    length = case.duty.soak if playbook.soak is None else playbook.soak
    text = f"Quiet for {spoken(length)}: the incident is resolved"
    otherwise = Source.WORKSPACE if case.duty.bound else Source.PRODUCT
    return _watch(text, playbook.soak_line, otherwise=otherwise)


def _relapse(case: Case) -> Entry:
    duty = case.duty
    return _watch(
        f"Not well: looked at again every {spoken(duty.look_again)}; after {spoken(duty.doubt)} "
        "it is a relapse, and paging begins anew"
    )


def _watch(
    text: str,
    line: int | None = None,
    *,
    detail: tuple[str, ...] = (),
    otherwise: Source = Source.PRODUCT,
) -> Entry:
    return Entry(
        chapter=Chapter.RECOVERY,
        kind=Kind.WATCH,
        text=text,
        line=line,
        source=Source.RUNBOOK if line else otherwise,
        detail=detail,
    )


def afterwards(case: Case) -> list[Entry]:
    """Return what is left to do once it is resolved."""
    return [*_reviews(case), *steps(case, (Phase.FOLLOW_UP,), Chapter.AFTERWARDS)]


def _reviews(case: Case) -> Iterator[Entry]:
    wanted = case.runbook.postmortem
    yield Entry(
        chapter=Chapter.AFTERWARDS,
        kind=Kind.REVIEW,
        text="The post-mortem is drafted from the timeline",
        source=Source.PRODUCT,
        detail=(f"your runbook wants in it: {'; '.join(wanted)}",) if wanted else (),
    )
    for phase in case.runbook.process:
        for_us = phase.severity in (None, case.playbook.severity)
        if phase.budget and for_us and is_review(case, phase):
            yield Entry(
                chapter=Chapter.AFTERWARDS,
                kind=Kind.REVIEW,
                by=Actor.PERSON,
                text=f"“{phase.title}” is due{_within(phase)}",
                line=phase.line,
            )


def _within(phase: ProcessPhase) -> str:
    """Return the time of a phase, where its title does not say it itself."""
    if phase.budget is None or budget_in(phase.title):
        return ""
    return f" within {spoken(phase.budget)}"
