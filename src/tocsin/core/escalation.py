"""Whom to page, and when: the escalation policy as arithmetic on durations.

Nothing here reads a clock, a table or a setting, so every rule about who gets woken up can
be tested in microseconds. `paging.escalate` does the actual paging.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from tocsin.core.workspace import Level, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """People paged together once `after` has passed without an acknowledgement."""

    after: timedelta
    people: tuple[str, ...]
    number: int  # stable within its ladder: part of a page's identity
    reason: str = ""  # the runbook's own clock it comes from, with file and line
    line: int | None = None  # of the runbook, where it says so
    although_acknowledged: bool = False  # due as long as it is not mitigated


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """One round of rungs, how long it lasts, and how often it starts over."""

    rungs: tuple[Rung, ...]
    length: timedelta
    repeat: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One rung that has been reached in one round (0 is the first)."""

    round: int
    rung: Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a ladder has been climbed."""

    reached: tuple[Due, ...]
    next_in: timedelta | None  # until something more is due; None: that was everybody


def ladder(
    policy: Policy,
    *,
    respond_within: timedelta | None = None,
    reason: str = "",
    line: int | None = None,
) -> Ladder:
    """Return the policy as rungs; a stated response time is the first level's patience.

    Args:
        policy: At least one level; every patience longer than zero.
        respond_within: The runbook's own clock for this severity, where it states one.
        reason: Where the runbook states it.
        line: The line that does.
    """
    levels = list(policy.levels)
    if respond_within:
        levels[0] = Level(people=levels[0].people, patience=respond_within)
    rungs, after = [], timedelta()
    for number, level in enumerate(levels):
        rung = Rung(after=after, people=level.people, number=number)
        if respond_within and number == 1:
            rung = replace(rung, reason=reason, line=line)
        rungs.append(rung)
        after += level.patience
    return Ladder(rungs=tuple(rungs), length=after, repeat=policy.repeat)


def with_rung(ladder: Ladder, rung: Rung) -> Ladder:
    """Return the ladder with one more rung of the runbook's own.

    The policy's rounds stay as long as they are: a late clock in a document must not put off
    the next round.
    """
    rungs = tuple(sorted((*ladder.rungs, rung), key=lambda each: (each.after, each.number)))
    return Ladder(rungs=rungs, length=ladder.length, repeat=ladder.repeat)


def progress(
    ladder: Ladder, waited: timedelta, *, unreached: Collection[tuple[int, int]] = ()
) -> Progress:
    """Return every rung reached after `waited`, and how long until the next.

    A rung is reached at exactly its time: with a patience of 5 min the next is reached at
    5 min, not a moment before. Rungs above the ground that come from the runbook's own
    clocks (`although_acknowledged`) are reached once, not in every round.

    Args:
        ladder: What is climbed.
        waited: Since the first rung of the first round.
        unreached: Round and number of the policy's rungs at which nobody could be reached:
            there is nothing to wait for, so the next of the same round is reached at once.
    """
    reached: list[Due] = []
    upcoming: list[timedelta] = []
    for round_ in range(ladder.repeat + 1):
        in_vain = False
        for rung in ladder.rungs:
            if round_ and rung.although_acknowledged:
                continue
            at = round_ * ladder.length + rung.after
            early = in_vain and not rung.although_acknowledged
            if at <= waited or early:
                reached.append(Due(round=round_, rung=rung))
            else:
                upcoming.append(at - waited)
            if not rung.although_acknowledged:
                in_vain = (round_, rung.number) in unreached
    return Progress(reached=tuple(reached), next_in=min(upcoming, default=None))


def exhausted_in(ladder: Ladder, waited: timedelta) -> timedelta:
    """Return how long until the last round has run out; zero if it has.

    A clock of the runbook that is later than that is waited for, and a minute longer.
    """
    own = [rung.after for rung in ladder.rungs if rung.although_acknowledged]
    last_call = max(own) + timedelta(minutes=1) if own else timedelta()
    return max(timedelta(), max(ladder.length * (ladder.repeat + 1), last_call) - waited)
