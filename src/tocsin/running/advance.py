"""Advance one step run: start it, gather its output, record how it ended.

Execution fails closed. A change is started at most once: that it starts is committed before
it does, and if we die in between its outcome is unknown and a person decides. Looking may be
repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from tocsin.core.errors import Conflict
from tocsin.core.ids import StepRunId
from tocsin.core.incident import Incident
from tocsin.core.run import Outcome, RunState, StepRun
from tocsin.core.timeline import EntryKind
from tocsin.ports.store import Tx
from tocsin.ports.work import Wake, WakeKind
from tocsin.running import gate, record, spread
from tocsin.running.grounds import Grounds


def ready(tx: Tx, step_run: StepRun, *, now: datetime) -> StepRun:
    """Make a step run ready, ask for it to be run, and return it as it is then."""
    waiting = replace(step_run, state=RunState.READY, finished_at=None, said="")
    tx.wake(Wake(kind=WakeKind.RUN, subject=step_run.id, at=now))
    return tx.step_runs.put(waiting)


def start(
    tx: Tx, grounds: Grounds, step_run_id: StepRunId, *, node: str, now: datetime
) -> StepRun | None:
    """Record that the step run starts now; None if it may not, or somebody has it already.

    Whoever made the step run ready, it passes the gate here, or goes back to wait.
    """
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state is not RunState.READY or step_run.command is None:
        return None
    try:
        gate.pass_through(tx, grounds, step_run, node=node, now=now)
    except Conflict as problem:
        _send_back(tx, grounds, step_run, problem, now=now)
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
    started = tx.step_runs.put(started)
    record.note(tx, started, EntryKind.RUN, "started", at=now)
    return started


def _send_back(
    tx: Tx, grounds: Grounds, step_run: StepRun, problem: Conflict, *, now: datetime
) -> None:
    """Let it wait for a person, as it is now. A look that is only stopped goes on later.

    Approvals there were are spent: whoever gave one did not know what is against it.
    """
    if problem.code == "stop.standing" and not step_run.always_asks:
        return
    incident = tx.incidents.get(step_run.incident_id)
    current = grounds.as_it_is_now(incident, step_run)
    waiting = replace(current, state=RunState.WAITING, said=problem.message)
    waiting = tx.step_runs.put(waiting)
    spent = record.attempts_of(tx.step_runs.spend_approvals(at=now, of=waiting.id))
    facts = {"spent": spent.get(waiting.id, [])}
    said = f"refused: {problem.message}"
    record.note(tx, waiting, EntryKind.WARNING, said, at=now, facts=facts)


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
    ended = tx.step_runs.put(ended)
    output = tx.step_runs.output(step_run_id)
    facts = {"output_sha256": hashlib.sha256(output.encode()).hexdigest()}
    record.note(tx, ended, EntryKind.RUN, _ending(ended), at=now, facts=facts)
    return ended


def _state_after(step_run: StepRun, outcome: Outcome) -> RunState:
    if outcome.lost and step_run.changes:
        return RunState.UNKNOWN
    return RunState.SUCCEEDED if outcome.succeeded else RunState.FAILED


def _ending(step_run: StepRun) -> str:
    status = "" if step_run.exit_status is None else f", exit status {step_run.exit_status}"
    return f"{step_run.state}{status}" + (f" ({step_run.said})" if step_run.said else "")


def settle_lost(
    tx: Tx, *, node: str, now: datetime, busy: Collection[StepRunId] = frozenset()
) -> int:
    """Settle what nobody runs any more; return how many there were.

    A look is made again. A change is unknown: it may have happened, or half of it.

    Args:
        tx: The transaction.
        node: This process.
        now: The time.
        busy: What this process has in hand: neither lost nor to be touched.
    """
    lost = [step_run for step_run in tx.step_runs.started(node, now=now) if step_run.id not in busy]
    for step_run in lost:
        if not step_run.changes:
            ready(tx, step_run, now=now)
            continue
        said = (
            "we stopped while it ran: it may have happened, or half of it,"
            " or go on until its time limit"
        )
        spread.settle_lost(tx, step_run, now=now)
        unknown = replace(step_run, state=RunState.UNKNOWN, finished_at=now, said=said)
        unknown = tx.step_runs.put(unknown)
        record.note(tx, unknown, EntryKind.WARNING, f"unknown: {said}", at=now)
    return len(lost)


def ready_held(
    tx: Tx, incident: Incident, wanted: Callable[[StepRun], bool], *, now: datetime
) -> int:
    """Make those held, or verified before, ready that are wanted; return how many."""
    again = (RunState.HELD, RunState.SUCCEEDED, RunState.FAILED)
    count = 0
    for step_run in tx.step_runs.of_incident(incident.id):
        if step_run.state in again and not step_run.always_asks and wanted(step_run):
            ready(tx, step_run, now=now)
            count += 1
    return count
