"""A guard against doing the same thing twice in a row, in whichever incident.

Two responders, or two incidents with one cause, each restart the same database: the second one
is told of the first, and has to say that it is meant.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tocsin.core.run import Command, StepRun
from tocsin.core.times import write_duration
from tocsin.ports.store import Tx


def last_one(tx: Tx, within: timedelta, step_run: StepRun, *, now: datetime) -> StepRun | None:
    """Return the newest start of the same change on the same place within that time, or None."""
    if not step_run.changes or step_run.command is None:
        return None
    same = _same(step_run.command)
    for other in tx.step_runs.changes_since(now - within):
        if other.command is not None and _same(other.command) == same:
            return other
    return None


def said(tx: Tx, within: timedelta, step_run: StepRun, *, now: datetime) -> str:
    """Return one sentence about the same change a moment ago; empty if there was none."""
    other = last_one(tx, within, step_run, now=now)
    if other is None or other.started_at is None:
        return ""
    ago = write_duration(now - other.started_at)
    by = f", approved by {other.by}" if other.by else ""
    return f"The same was started {ago} ago in incident {other.incident_id}{by}: {other.state}."


def _same(command: Command) -> tuple[object, ...]:
    place = (command.target_sha256, command.target, command.hosts, command.run_as)
    return (command.language, command.text, sorted(command.parameters), *place)
