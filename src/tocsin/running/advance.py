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
from tocsin.core.run import Command, Outcome, RunState, StepRun, may_start
from tocsin.core.runbook import Statement
from tocsin.core.timeline import EntryKind
from tocsin.ports.runbooks import Runbooks
from tocsin.ports.store import Tx
from tocsin.ports.work import Wake, WakeKind
from tocsin.running import record

GONE = "gone"
"""Stands for the hash of a document that no longer holds the statement."""


def ready(tx: Tx, step_run: StepRun, *, now: datetime) -> StepRun:
    """Make a step run ready, ask for it to be run, and return it as it is then."""
    waiting = replace(step_run, state=RunState.READY, finished_at=None, said="")
    tx.step_runs.put(waiting)
    tx.wake(Wake(kind=WakeKind.RUN, subject=step_run.id, at=now))
    return waiting


def start(
    tx: Tx,
    runbooks: Runbooks,
    step_run_id: StepRunId,
    *,
    node: str,
    confined: bool,
    now: datetime,
) -> StepRun | None:
    """Record that the step run starts now; None if it may not, or somebody has it already.

    This is the one gate before anything runs: whoever made the step run ready, a change needs
    its approval here, and so does everything where there is no sandbox to confine it.
    """
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state is not RunState.READY or step_run.command is None:
        return None
    current = _as_the_runbook_has_it(tx, runbooks, step_run)
    try:
        if current != step_run:
            raise Conflict("approval.runbook_changed", "The runbook has changed since it was read.")
        _spend_approval(tx, step_run, confined=confined, now=now)
    except Conflict as problem:
        _send_back(tx, current, problem, now=now)
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
    record.note(tx, started, EntryKind.RUN, "started", at=now)
    return started


def _as_the_runbook_has_it(tx: Tx, runbooks: Runbooks, step_run: StepRun) -> StepRun:
    """Return a change as the runbook has it now, so that it can be looked at and approved anew.

    A change whose text is no longer in the playbook keeps a hash that no document has, and so
    can never run.
    """
    binding = tx.incidents.get(step_run.incident_id).binding
    command = step_run.command
    runbook = runbooks.get(binding.file) if binding else None
    if not step_run.changes or command is None or binding is None:
        return step_run
    if runbook is not None and runbook.sha256 == command.runbook_sha256:
        return step_run
    playbook = runbook.playbook(binding.anchor) if runbook else None
    for step in playbook.steps if playbook else ():
        for statement in step.statements:
            if statement.text == step_run.text and runbook is not None:
                return _moved(step_run, command, runbook.sha256, step.line, statement)
    return replace(step_run, command=replace(command, runbook_sha256=GONE))


def _moved(
    step_run: StepRun, command: Command, sha256: str, step_line: int, statement: Statement
) -> StepRun:
    return replace(
        step_run,
        command=replace(command, runbook_sha256=sha256, step_line=step_line),
        step_line=step_line,
        start=statement.start,
        end=statement.end,
    )


def _spend_approval(tx: Tx, step_run: StepRun, *, confined: bool, now: datetime) -> None:
    approval = tx.step_runs.approval(step_run.id)
    may_start(step_run, approval, confined=confined, now=now)
    if approval is None or (confined and not step_run.changes):
        return
    if not tx.step_runs.use_approval(approval, at=now):
        raise Conflict("approval.used", "This approval was used already.")


def _send_back(tx: Tx, step_run: StepRun, problem: Conflict, *, now: datetime) -> None:
    waiting = replace(step_run, state=RunState.WAITING, said=problem.message)
    tx.step_runs.put(waiting)
    record.note(tx, waiting, EntryKind.WARNING, f"refused: {problem.message}", at=now)


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
        said = "we stopped while it ran: it may have happened, or half of it"
        unknown = replace(step_run, state=RunState.UNKNOWN, finished_at=now, said=said)
        tx.step_runs.put(unknown)
        record.note(tx, unknown, EntryKind.WARNING, f"unknown: {said}", at=now)
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
