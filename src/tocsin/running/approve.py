"""What people say about step runs: approve, skip, tick, run again, settle."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.core.errors import Conflict
from tocsin.core.ids import StepRunId
from tocsin.core.run import Approval, RunState, StepRun
from tocsin.core.timeline import EntryKind
from tocsin.ports.store import Tx
from tocsin.running import record
from tocsin.running.advance import GONE, ready

APPROVAL_LASTS = timedelta(minutes=15)
_AGAIN = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.HELD})
_LONGEST_SHOWN = 200  # characters of a command on the timeline; the whole stays with the step run


def approve(tx: Tx, step_run_id: StepRunId, fingerprint: str, *, by: str, now: datetime) -> StepRun:
    """Approve exactly the command with this fingerprint; it runs at once. Return the step run.

    Raises:
        NotFound("run"), Conflict("run.state"): It does not wait for an approval.
        Conflict("approval.other_command"): What would run is not what was shown.
    """
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state is not RunState.WAITING or step_run.command is None:
        raise _wrong_state(step_run, "approve")
    _refuse_pointless(tx, step_run)
    if fingerprint != step_run.command.fingerprint():
        raise Conflict(
            "approval.other_command",
            "What you saw is not what would run now.",
            hint="Look at the command again and approve it anew.",
        )
    approval = Approval(
        step_run_id=step_run_id,
        attempt=step_run.attempt + 1,
        fingerprint=fingerprint,
        by=by,
        at=now,
        expires_at=now + APPROVAL_LASTS,
    )
    tx.step_runs.approve(approval)
    what = f"approved on {step_run.command.target}: {_shown(step_run.command.text)}"
    approved = ready(tx, replace(step_run, by=by), now=now)
    facts = record.approval_facts(approval)
    record.note(tx, approved, EntryKind.APPROVAL, what, at=now, by=by, facts=facts)
    return approved


def _refuse_pointless(tx: Tx, step_run: StepRun) -> None:
    incident = tx.incidents.get(step_run.incident_id)
    if not incident.is_open:
        raise Conflict(
            "incident.resolved",
            f"Incident {incident.id} is resolved.",
            hint="Reopen it first, if this is still needed.",
        )
    if step_run.command is not None and step_run.command.runbook_sha256 == GONE:
        raise Conflict(
            "approval.gone",
            "The runbook no longer holds this statement.",
            hint="Do it by hand if it is still right, and tick it.",
        )


def skip(tx: Tx, step_run_id: StepRunId, *, by: str, note: str, now: datetime) -> StepRun:
    """Leave a step run out. Skipping twice is harmless.

    Raises:
        NotFound("run"), Conflict("run.state"): It has run, or is running.
    """
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state is RunState.SKIPPED:
        return step_run
    if step_run.state not in (RunState.WAITING, RunState.MANUAL, RunState.HELD):
        raise _wrong_state(step_run, "skip")
    return _close(tx, step_run, RunState.SKIPPED, by=by, note=note, now=now)


def tick(tx: Tx, step_run_id: StepRunId, *, by: str, note: str, now: datetime) -> StepRun:
    """Say that a person has done a manual step. Ticking twice is harmless.

    Raises:
        NotFound("run"), Conflict("run.state"): It is not a manual step.
    """
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state is RunState.TICKED:
        return step_run
    if step_run.state not in (RunState.MANUAL, RunState.WAITING):
        raise _wrong_state(step_run, "tick")
    return _close(tx, step_run, RunState.TICKED, by=by, note=note, now=now)


def run_again(tx: Tx, step_run_id: StepRunId, *, by: str, now: datetime) -> StepRun:
    """Run a look again, now; put a change back to waiting for a new approval.

    Raises:
        NotFound("run"), Conflict("run.state"): It has not ended.
    """
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state not in _AGAIN or step_run.command is None:
        raise _wrong_state(step_run, "run again")
    if step_run.changes:
        again = replace(step_run, state=RunState.WAITING, said="", by="")
        tx.step_runs.put(again)
    else:
        again = ready(tx, step_run, now=now)
    record.note(tx, again, EntryKind.RUN, "asked for again", at=now, by=by)
    return again


def settle(
    tx: Tx, step_run_id: StepRunId, succeeded: bool, *, by: str, note: str, now: datetime
) -> StepRun:
    """Say what became of a change whose outcome is unknown.

    Raises:
        NotFound("run"), Conflict("run.state"): Its outcome is known.
    """
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state is not RunState.UNKNOWN:
        raise _wrong_state(step_run, "settle")
    state = RunState.SUCCEEDED if succeeded else RunState.FAILED
    return _close(tx, step_run, state, by=by, note=note, now=now)


def _close(
    tx: Tx, step_run: StepRun, state: RunState, *, by: str, note: str, now: datetime
) -> StepRun:
    closed = replace(step_run, state=state, by=by, finished_at=now, said=note.strip()[:1000])
    tx.step_runs.put(closed)
    said = f": {closed.said}" if closed.said else ""
    record.note(tx, closed, EntryKind.RUN, f"{state}{said}", at=now, by=by)
    return closed


def _wrong_state(step_run: StepRun, wish: str) -> Conflict:
    return Conflict("run.state", f"Cannot {wish} step run {step_run.id}: it is {step_run.state}.")


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
