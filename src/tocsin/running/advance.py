"""Advance one step run: start it, gather its output, record how it ended.

Execution fails closed. A change is started at most once: that it starts is committed before
it does, and if we die in between its outcome is unknown and a person decides. Looking may be
repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from tocsin.core.errors import Conflict
from tocsin.core.ids import StepRunId
from tocsin.core.incident import Incident
from tocsin.core.run import Outcome, RunState, StepRun, may_start
from tocsin.core.timeline import EntryKind
from tocsin.ports.runbooks import Runbooks
from tocsin.ports.store import Tx
from tocsin.ports.work import Wake, WakeKind
from tocsin.records import timeline


def ready(tx: Tx, step_run: StepRun, *, now: datetime) -> StepRun:
    """Make a step run ready, ask for it to be run, and return it as it is then."""
    waiting = replace(step_run, state=RunState.READY, finished_at=None, said="")
    tx.step_runs.put(waiting)
    tx.wake(Wake(kind=WakeKind.RUN, subject=step_run.id, at=now))
    return waiting


def start(
    tx: Tx, runbooks: Runbooks, step_run_id: StepRunId, *, node: str, now: datetime
) -> StepRun | None:
    """Record that the step run starts now; None if it may not, or somebody has it already."""
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state is not RunState.READY or step_run.command is None:
        return None
    try:
        _refuse_changed_runbook(tx, runbooks, step_run)
        _spend_approval(tx, step_run, now=now)
    except Conflict as problem:
        _send_back(tx, step_run, problem, now=now)
        return None
    started = replace(
        step_run,
        state=RunState.STARTED,
        attempt=step_run.attempt + 1,
        started_at=now,
        finished_at=None,
        exit_status=None,
        node=node,
    )
    tx.step_runs.put(started)
    _note(tx, started, EntryKind.RUN, "started", now=now)
    return started


def _refuse_changed_runbook(tx: Tx, runbooks: Runbooks, step_run: StepRun) -> None:
    binding = tx.incidents.get(step_run.incident_id).binding
    runbook = runbooks.get(binding.file) if binding else None
    planned = step_run.command.runbook_sha256 if step_run.command else ""
    if step_run.changes and (runbook is None or runbook.sha256 != planned):
        raise Conflict(
            "approval.runbook_changed",
            "The runbook has changed since this was planned.",
            hint="Look at the new text; approve it on a new incident or run it by hand.",
        )


def _spend_approval(tx: Tx, step_run: StepRun, *, now: datetime) -> None:
    approval = tx.step_runs.approval(step_run.id)
    may_start(step_run, approval, now=now)
    if approval is None or not step_run.changes:
        return
    if not tx.step_runs.use_approval(approval, at=now):
        raise Conflict("approval.used", "This approval was used already.")


def _send_back(tx: Tx, step_run: StepRun, problem: Conflict, *, now: datetime) -> None:
    tx.step_runs.put(replace(step_run, state=RunState.WAITING, said=problem.message))
    _note(tx, step_run, EntryKind.WARNING, f"refused: {problem.message}", now=now)


def finish(
    tx: Tx, step_run_id: StepRunId, attempt: int, outcome: Outcome, *, now: datetime
) -> StepRun | None:
    """Record how an attempt ended; None if it has been settled otherwise meanwhile."""
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state is not RunState.STARTED or step_run.attempt != attempt:
        return None
    ended = replace(
        step_run,
        state=_state_after(step_run, outcome),
        finished_at=now,
        exit_status=outcome.exit_status,
        said=outcome.said,
    )
    tx.step_runs.put(ended)
    output = tx.step_runs.output(step_run_id)
    facts = {"output_sha256": hashlib.sha256(output.encode()).hexdigest()}
    _note(tx, ended, EntryKind.RUN, _ending(ended), now=now, facts=facts)
    return ended


def _state_after(step_run: StepRun, outcome: Outcome) -> RunState:
    if outcome.lost and step_run.changes:
        return RunState.UNKNOWN
    return RunState.SUCCEEDED if outcome.succeeded else RunState.FAILED


def _ending(step_run: StepRun) -> str:
    status = "" if step_run.exit_status is None else f", exit status {step_run.exit_status}"
    return f"{step_run.state}{status}" + (f" ({step_run.said})" if step_run.said else "")


def settle_lost(tx: Tx, *, node: str, now: datetime) -> int:
    """Settle what processes that are gone had started; return how many there were.

    A look is made again. A change is unknown: it may have happened, or half of it.
    """
    lost = tx.step_runs.started_elsewhere(node, now=now)
    for step_run in lost:
        if not step_run.changes:
            ready(tx, step_run, now=now)
            continue
        said = "we stopped while it ran: it may have happened, or half of it"
        tx.step_runs.put(replace(step_run, state=RunState.UNKNOWN, finished_at=now, said=said))
        _note(tx, step_run, EntryKind.WARNING, f"unknown: {said}", now=now)
    return len(lost)


def ready_held(
    tx: Tx, incident: Incident, wanted: Callable[[StepRun], bool], *, now: datetime
) -> int:
    """Make those held, or verified before, ready that are wanted; return how many."""
    again = (RunState.HELD, RunState.SUCCEEDED, RunState.FAILED)
    count = 0
    for step_run in tx.step_runs.of_incident(incident.id):
        if step_run.state in again and not step_run.changes and wanted(step_run):
            ready(tx, step_run, now=now)
            count += 1
    return count


def _note(
    tx: Tx,
    step_run: StepRun,
    kind: EntryKind,
    what: str,
    *,
    now: datetime,
    facts: Mapping[str, object] | None = None,
) -> None:
    command = step_run.command
    bound: dict[str, object] = {"step_run": step_run.id, "attempt": step_run.attempt}
    if command is not None:
        bound |= {"command_sha256": command.fingerprint(), "target": command.target}
    text = f"{step_run.step_title} (line {step_run.start}): {what}"
    timeline.note(tx, step_run.incident_id, kind, text, at=now, facts={**bound, **(facts or {})})
