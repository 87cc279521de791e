"""A guard against doing the same thing twice in a row, in whichever incident.

Two responders, or two incidents with one cause, each restart the same database: the second one
is told of the first, and has to say that it is meant.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tocsin.core.errors import NotFound
from tocsin.core.run import Command, StepRun
from tocsin.core.times import write_duration
from tocsin.ports.store import Tx


def last_one(tx: Tx, within: timedelta, step_run: StepRun, *, now: datetime) -> StepRun | None:
    """Return the newest start of the same change on the same place within that time, or None."""
    if step_run.looks or step_run.command is None:
        return None
    same = _same(step_run.command)
    for other in tx.step_runs.changes_since(now - within):
        if other.command is not None and _same(other.command) == same:
            return other
    return None


def said(
    tx: Tx, within: timedelta, step_run: StepRun, *, now: datetime, for_the_record: bool = False
) -> str:
    """Return one sentence about the same change a moment ago; empty if there was none.

    It names the other incident only to those who may see it: whoever `tx` reads for, or, for
    the record of this incident, all who may read that.
    """
    other = last_one(tx, within, step_run, now=now)
    if other is None or other.started_at is None:
        return ""
    known = _same_service(tx, step_run, other) if for_the_record else _may_see(tx, other)
    ago = write_duration(now - other.started_at)
    if not known:
        return f"The same was started {ago} ago in an incident of another service: {other.state}."
    by = f", approved by {other.by}" if other.by else ""
    return f"The same was started {ago} ago in incident {other.incident_id}{by}: {other.state}."


def _may_see(tx: Tx, step_run: StepRun) -> bool:
    try:
        tx.incidents.get(step_run.incident_id)
    except NotFound:
        return False
    return True


def _same_service(tx: Tx, one: StepRun, other: StepRun) -> bool:
    services = {tx.incidents.get(each.incident_id).service for each in (one, other)}
    return len(services) == 1


def _same(command: Command) -> tuple[object, ...]:
    place = (command.target_sha256, command.target, command.hosts, command.run_as)
    return (command.language, command.text, sorted(command.parameters), *place)
