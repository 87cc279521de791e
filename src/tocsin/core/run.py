"""One statement, or one manual step, of one incident's run: what it is and how far it has come.

    ready ----start----> started ----end----> succeeded | failed
      ^                     |
    approve                 +---we died in between---> unknown     (a change)
      |                     +---we died in between---> ready       (a read: may repeat)
    waiting --skip--> skipped          manual --tick--> ticked

Looking may be repeated. Changing may not: a change is started at most once, and one that
never reported back is `unknown` until a person says what became of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.core.errors import Conflict
from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.parameter import Parameter, ValueSource
from tocsin.core.risk import Risk
from tocsin.core.runbook import Language, Phase


class RunState(StrEnum):
    """How far a step run has come. Stored and shown under these very words."""

    HELD = "held"  # a verification: waits for the recovery, then becomes ready
    WAITING = "waiting"  # for a person's approval
    MANUAL = "manual"  # for a person to do and tick
    READY = "ready"  # runs as soon as a worker is free
    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # it ended, and not well: exit status, time limit, refused
    UNKNOWN = "unknown"  # started, never reported back: a person decides
    SKIPPED = "skipped"
    TICKED = "ticked"  # a person did it


FINISHED = frozenset(
    {RunState.SUCCEEDED, RunState.FAILED, RunState.UNKNOWN, RunState.SKIPPED, RunState.TICKED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one statement may use."""

    time: timedelta = timedelta(seconds=30)
    output_bytes: int = 64 * 1024  # beyond it the middle is cut, with how much
    processes: int = 64
    memory_bytes: int = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Exactly what would run, and where: the thing an approval binds."""

    language: Language
    text: str  # the bytes that run: the bounded rewrite where there is one
    target: str  # a target's name
    target_sha256: str = ""  # what the target was set up as; see `Target.sha256`
    hosts: tuple[str, ...] = ()  # where the target has several; empty: it is one place
    run_as: str = ""  # the user it runs as there; empty: whom the target logs in as
    runbook_sha256: str
    step_line: int
    parameters: tuple[tuple[str, str], ...] = ()  # names and values of what was filled in
    environment_names: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def fingerprint(self) -> str:
        """Return the SHA-256, in hex, over every field: what a person approves."""
        facts = [
            self.language,
            self.text,
            self.target,
            self.target_sha256,
            self.hosts,
            self.run_as,
            self.runbook_sha256,
            sorted(self.parameters),
            self.step_line,
            sorted(self.environment_names),
            self.limits.time.total_seconds(),
            self.limits.output_bytes,
            self.limits.processes,
            self.limits.memory_bytes,
        ]
        return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRun:
    """One statement (or, without a command, one manual step) of an incident's run."""

    id: StepRunId
    incident_id: IncidentId
    position: int  # order in the playbook, from 0
    step_title: str
    step_line: int
    phase: Phase
    start: int  # first line of the statement; the step's line for a manual one
    end: int
    label: str = ""  # the comment above the statement, or the step's condition
    text: str = ""  # as written in the runbook
    command: Command | None = None  # None: nothing to execute
    risk: Risk = Risk.MANUAL
    why: tuple[str, ...] = ()  # the reasons for the risk
    parameters: tuple[Parameter, ...] = ()  # what the statement leaves open, and what stands there
    unattended: bool = False  # runs with nobody asked, once all its parameters have a value
    state: RunState = RunState.MANUAL
    attempt: int = 0  # how often it was started
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_status: int | None = None
    said: str = ""  # one sentence on how it ended, or why it cannot run
    by: str = ""  # who approved, ticked or skipped it
    asked_by: str = ""  # who wanted it run, where that was a person and not the runbook
    as_written: bool = False  # a look that somebody wants in the runbook's own words
    node: str = ""  # the process that started it

    @property
    def changes(self) -> bool:
        """Whether it may change something, so that it is started at most once."""
        return self.as_written or self.risk is not Risk.READ

    @property
    def looks(self) -> bool:
        """Whether all it is for is to look, in whichever form it runs."""
        return self.as_written or self.risk is Risk.READ

    @property
    def always_asks(self) -> bool:
        """Whether somebody approves it before every start: a change, or no certain look."""
        return self.changes or not self.unattended

    @property
    def askers(self) -> frozenset[str]:
        """Who wanted it run as it is: who asked for it, and whoever filled in a value."""
        filled = {each.origin for each in self.parameters if each.source is ValueSource.PERSON}
        return frozenset({self.asked_by, *filled} - {""})

    @property
    def unbound(self) -> tuple[Parameter, ...]:
        """Its parameters without a value that may be used."""
        return tuple(each for each in self.parameters if not each.bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A second look, recorded: this person, this exact command, until then. Used once."""

    step_run_id: StepRunId
    attempt: int  # the attempt it is for: the one after as many as there were
    fingerprint: str
    by: str
    at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    broke_glass: bool = False  # given against a rule, in an emergency, and everybody was told
    reason: str = ""  # why, where somebody had to say
    repeat: bool = False  # although the same change was started a moment ago
    typed: bool = False  # with the name of the target typed, which counts as a second look
    seal: str = ""  # what tells that none of this was altered; see `tocsin.core.approval`


def refuse_unbound(step_run: StepRun) -> None:
    """Return if every parameter of the step run has a value.

    Raises:
        Conflict("approval.unbound"): One has none, or nobody has confirmed it.
    """
    if step_run.unbound:
        raise Conflict("approval.unbound", missing_values(step_run), hint="tocsin run set")


def missing_values(step_run: StepRun) -> str:
    """Return one sentence on what has to be filled in; nothing where nothing has."""
    lacking = [each.name for each in step_run.unbound if each.value is None]
    suggested = [each.name for each in step_run.unbound if each.value is not None]
    told = [f"it needs a value for {', '.join(lacking)}"] if lacking else []
    told += [f"somebody has to confirm {', '.join(suggested)}"] if suggested else []
    return "; ".join(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an execution ended."""

    exit_status: int | None  # None: it did not end by itself
    said: str = ""  # one sentence where the exit status does not say it all
    timed_out: bool = False
    lost: bool = False  # we cannot say how it ended

    @property
    def succeeded(self) -> bool:
        """Whether it ended by itself and well."""
        return self.exit_status == 0 and not self.timed_out


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRun:
    """What one attempt at a step run has come to on one of its hosts."""

    step_run_id: StepRunId
    attempt: int
    host: str
    state: RunState  # started, succeeded, failed, unknown; skipped: it was never started there
    exit_status: int | None = None
    said: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def over(self) -> bool:
        """Whether nothing of it runs any more, as far as we know."""
        return self.state is not RunState.STARTED


def outcome_of(host_runs: Sequence[HostRun]) -> Outcome:
    """Return how a step run ended, from what it has come to on each of its hosts."""
    short = [each for each in host_runs if each.state is not RunState.SUCCEEDED]
    if not short:
        return Outcome(exit_status=0)
    ran = [each for each in short if each.state is not RunState.SKIPPED]
    said = "; ".join(f"{each.host}: {_short(each)}" for each in ran or short)
    return Outcome(
        exit_status=next((each.exit_status for each in ran if each.exit_status), None),
        said=f"{len(host_runs) - len(short)} of {len(host_runs)} hosts succeeded. {said}"[:1000],
        lost=any(each.state is RunState.UNKNOWN for each in short),
    )


def _short(host_run: HostRun) -> str:
    status = "" if host_run.exit_status is None else f", exit status {host_run.exit_status}"
    said = f" ({host_run.said})" if host_run.said else ""
    return f"{host_run.state}{status}{said}"
