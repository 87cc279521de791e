"""When an approval counts: the rules that stand between a command and its start.

An approval is one person's second look at one command: bound to one attempt of one step run,
used once, gone after a quarter of an hour. It carries a seal made with the server's key over
all it says, so that a row which somebody has altered is no approval any more.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.core.errors import Conflict
from tocsin.core.risk import Risk
from tocsin.core.run import Approval, RunState, StepRun, refuse_unbound

LASTS = timedelta(minutes=15)
"""How long an approval may wait to be used."""

CLOCK_SLACK = timedelta(seconds=5)
"""Clocks that agree may differ by this much."""


class Second(StrEnum):
    """What `destroy` needs beside one person's approval. Written so in tocsin.toml."""

    TWO_PEOPLE = "two people"
    TYPED = "typed confirmation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """How a team approves."""

    destroy: Second = Second.TWO_PEOPLE
    repeat: timedelta = timedelta(minutes=10)  # the same change so soon again asks twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for a step run at this moment, beside what its approvals say."""

    key: bytes  # seals approvals
    second: Second = Second.TWO_PEOPLE
    repeats: str = ""  # the same change was started a moment ago: when, by whom; else empty
    confined: bool = True  # a sandbox would hold it; without one even a look needs an approval


def sealed(approval: Approval, step_run: StepRun, key: bytes) -> Approval:
    """Return the approval with its seal: over all it says, and what it is for."""
    return replace(approval, seal=_seal(approval, step_run, key))


def _seal(approval: Approval, step_run: StepRun, key: bytes) -> str:
    facts = [
        *(step_run.id, step_run.incident_id, step_run.position, step_run.asked_by),
        step_run.as_written,
        *(approval.step_run_id, approval.attempt, approval.fingerprint, approval.by),
        *(approval.at.timestamp(), approval.expires_at.timestamp()),
        *(approval.broke_glass, approval.repeat, approval.typed, approval.reason),
    ]
    written = json.dumps(["approval", *facts], ensure_ascii=True).encode()
    return hmac.new(key, written, hashlib.sha256).hexdigest()


def needs_approval(step_run: StepRun, *, confined: bool) -> bool:
    """Return whether somebody must have approved it before it starts."""
    return step_run.always_asks or not confined


def people_needed(risk: Risk, second: Second) -> int:
    """Return how many different people must approve."""
    return 2 if risk is Risk.DESTROY and second is Second.TWO_PEOPLE else 1


def standing(
    step_run: StepRun, approvals: Sequence[Approval], key: bytes, *, now: datetime
) -> list[Approval]:
    """Return those that count for the next attempt: whole, unused, in time, of this command."""
    return [each for each in approvals if _wrong_with(each, step_run, key, now) is None]


def enough(step_run: StepRun, approvals: Sequence[Approval], second: Second) -> bool:
    """Return whether these approvals, which all count, are all that is needed."""
    if any(each.broke_glass for each in approvals):
        return True
    if step_run.risk is Risk.DESTROY and second is Second.TYPED:
        return any(each.typed for each in approvals)
    return len({each.by for each in approvals}) >= people_needed(step_run.risk, second)


def may_start(
    step_run: StepRun, approvals: Sequence[Approval], terms: Terms, *, now: datetime
) -> list[Approval]:
    """Return the approvals it starts on, none where it needs none; raise if it may not.

    Args:
        step_run: What is about to start, as the runbook and the workspace have it now.
        approvals: Those there are for it, newest first; of people who may still approve.
        terms: What holds at this moment.
        now: The time.

    Raises:
        Conflict("run.state"): It is not ready.
        Conflict("approval.unbound"): A placeholder of it has no value.
        Conflict("approval.…"): It needs approvals of exactly this command, for this attempt,
            and these are none, or not enough.
    """
    if step_run.state is not RunState.READY or step_run.command is None:
        raise Conflict("run.state", f"Step run {step_run.id} is {step_run.state}, not ready.")
    refuse_unbound(step_run)
    if not needs_approval(step_run, confined=terms.confined):
        return []
    counting = standing(step_run, approvals, terms.key, now=now)
    if not counting:
        raise _what_is_missing(step_run, approvals, terms.key, now)
    if not enough(step_run, counting, terms.second):
        raise Conflict("approval.second", "It needs one more person's approval.")
    emergency = any(each.broke_glass for each in counting)
    if terms.repeats and not emergency and not any(each.repeat for each in counting):
        raise Conflict("approval.repeat", terms.repeats, hint="Approve it anew if it is meant.")
    return counting


def _what_is_missing(
    step_run: StepRun, approvals: Sequence[Approval], key: bytes, now: datetime
) -> Conflict:
    for each in approvals:
        if (problem := _wrong_with(each, step_run, key, now)) is not None:
            return problem
    return Conflict("approval.missing", "Nobody has approved this command.")


def _wrong_with(
    approval: Approval, step_run: StepRun, key: bytes, now: datetime
) -> Conflict | None:
    genuine = _seal(approval, step_run, key)
    if not hmac.compare_digest(approval.seal.encode(errors="replace"), genuine.encode()):
        return Conflict(
            "approval.forged",
            "The approval is not what was given: it, or what it is for, was altered.",
            hint="Find out who writes to the database; then look again and approve anew.",
        )
    if approval.used_at is not None or approval.attempt != step_run.attempt + 1:
        return Conflict("approval.used", "This approval was used already.")
    if step_run.command is None or approval.fingerprint != step_run.command.fingerprint():
        return Conflict(
            "approval.other_command",
            "What was approved is not what would run now.",
            hint="Look at the command again and approve it anew.",
        )
    if not approval.at - CLOCK_SLACK <= now < approval.expires_at:
        return Conflict("approval.expired", "The approval has expired.", hint="Approve it anew.")
    if approval.by in step_run.askers and not approval.broke_glass:
        return Conflict("approval.own", f"{approval.by} asked for this and cannot approve it.")
    return None
