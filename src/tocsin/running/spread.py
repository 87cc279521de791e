"""One step run on several hosts: each is begun at most once per attempt, and has its own outcome.

A change goes from host to host and stops at the first that does not succeed. That it starts on a
host is committed before it does. A look may be on all of them at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.core.errors import Conflict
from tocsin.core.run import HostRun, Outcome, RunState, StepRun, outcome_of
from tocsin.core.timeline import EntryKind
from tocsin.ports.store import Tx
from tocsin.running import record


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """On which of its hosts a step is to run again; on all of them where nothing is said."""

    hosts: tuple[str, ...] = ()
    failed_only: bool = False  # where it has not succeeded, the last time it was to run there


EVERYWHERE = Where()


def hosts_again(tx: Tx, step_run: StepRun, where: Where) -> tuple[str, ...]:
    """Return the hosts on which a step run is to run again; none where it is one place.

    Raises:
        Conflict("run.host"): It has none of these hosts, or has succeeded on all.
    """
    known = {each.host: each for each in tx.step_runs.host_runs(step_run.id)}
    own = step_run.command.hosts if step_run.command else ()
    hosts = tuple(dict.fromkeys((*known, *own)))
    unknown = [host for host in where.hosts if host not in hosts]
    if unknown:
        raise Conflict("run.host", f"Step run {step_run.id} has no host {unknown[0]}.")
    wanted = tuple(host for host in hosts if not where.hosts or host in where.hosts)
    if where.failed_only:
        done = {host for host, each in known.items() if each.state is RunState.SUCCEEDED}
        wanted = tuple(host for host in wanted if host not in done)
        if not wanted:
            raise Conflict("run.host", "It has succeeded wherever it ran, so nothing is left.")
    return wanted


def settle(tx: Tx, step_run: StepRun, state: RunState, *, now: datetime) -> str:
    """Say of each host whose outcome is unknown what became of the change there.

    Return what is short of success on its hosts on the whole; nothing where nothing is.
    """
    for host_run in tx.step_runs.host_runs(step_run.id):
        if host_run.state is RunState.UNKNOWN:
            tx.step_runs.end_on(replace(host_run, state=state, finished_at=now))
    return outcome(tx, step_run).said


def begin(tx: Tx, step_run: StepRun, host: str, *, now: datetime) -> HostRun | None:
    """Record that the present attempt starts on a host now; None if it did before."""
    host_run = _of(step_run, host, RunState.STARTED, started_at=now)
    if not tx.step_runs.begin_on(host_run):
        return None
    stored = tx.step_runs.get(step_run.id)
    record.note(tx, stored, EntryKind.RUN, f"started on {host}", at=now, facts={"host": host})
    return host_run


def end(
    tx: Tx, step_run: StepRun, host_run: HostRun, outcome: Outcome, *, now: datetime
) -> HostRun:
    """Record how it ended on one host, and return that."""
    ended = replace(
        host_run,
        state=_state_after(step_run, outcome),
        exit_status=outcome.exit_status,
        said=outcome.said,
        finished_at=now,
    )
    tx.step_runs.end_on(ended)
    said = f" ({ended.said})" if ended.said else ""
    what = f"{ended.state} on {ended.host}{said}"
    facts = {"host": ended.host, "host_state": ended.state.value, "host_status": ended.exit_status}
    stored = tx.step_runs.get(step_run.id)
    record.note(tx, stored, EntryKind.RUN, what, at=now, facts=facts)
    return ended


def leave_out(tx: Tx, step_run: StepRun, host: str, why: str) -> None:
    """Record that the present attempt was not started on a host, and will not be."""
    tx.step_runs.begin_on(_of(step_run, host, RunState.SKIPPED, said=why))


def outcome(tx: Tx, step_run: StepRun) -> Outcome:
    """Return how the present attempt ended, together with what earlier ones came to elsewhere."""
    return outcome_of(tx.step_runs.host_runs(step_run.id))


def settle_lost(tx: Tx, step_run: StepRun, *, now: datetime) -> None:
    """Say of the hosts of a change that nobody runs any more what became of it there."""
    if step_run.command is None:
        return
    said = "we stopped while it ran there: it may have happened, or half of it"
    for host_run in tx.step_runs.host_runs(step_run.id):
        if host_run.attempt == step_run.attempt and not host_run.over:
            tx.step_runs.end_on(
                replace(host_run, state=RunState.UNKNOWN, said=said, finished_at=now)
            )
    for host in step_run.command.hosts:
        leave_out(tx, step_run, host, "we stopped before it was this host's turn")


def _of(
    step_run: StepRun,
    host: str,
    state: RunState,
    *,
    started_at: datetime | None = None,
    said: str = "",
) -> HostRun:
    return HostRun(
        step_run_id=step_run.id,
        attempt=step_run.attempt,
        host=host,
        state=state,
        said=said,
        started_at=started_at,
    )


def _state_after(step_run: StepRun, outcome: Outcome) -> RunState:
    if outcome.lost and step_run.changes:
        return RunState.UNKNOWN
    return RunState.SUCCEEDED if outcome.succeeded else RunState.FAILED
