"""A person says what a placeholder stands for; what is a look then runs, what changes waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import StepRunId
from tocsin.core.parameter import Parameter, ValueSource, check_value, folded
from tocsin.core.run import RunState, StepRun, missing_values
from tocsin.core.runbook import Phase
from tocsin.core.timeline import EntryKind
from tocsin.ports.store import Tx
from tocsin.running import record
from tocsin.running.advance import ready
from tocsin.running.grounds import Grounds

_OPEN = frozenset({RunState.WAITING, RunState.HELD, RunState.SUCCEEDED, RunState.FAILED})
_AT_ONCE = frozenset({Phase.INVESTIGATE, Phase.MITIGATE})


def fill_in(
    tx: Tx,
    grounds: Grounds,
    step_run_id: StepRunId,
    values: Mapping[str, str],
    *,
    by: str,
    now: datetime,
) -> StepRun:
    """Give parameters of a step run their values, by name; return it as it is then.

    Whoever does has asked for it. An approval there was is void: it was of other values.

    Raises:
        NotFound("run"), Conflict("run.state"): It runs, or there is nothing to fill in.
        Conflict("incident.resolved"): Nothing is run for it any more.
        Invalid("parameter.name"), Invalid("parameter.value"): It has none of this name, or the
            value does not fit.
    """
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state not in _OPEN or step_run.command is None or not step_run.parameters:
        raise Conflict(
            "run.state",
            f"Step run {step_run.id} has nothing to fill in: it is {step_run.state}.",
        )
    incident = tx.incidents.get(step_run.incident_id)
    if not incident.is_open:
        raise Conflict("incident.resolved", f"Incident {incident.id} is resolved.")
    filled = replace(step_run, parameters=_filled(step_run, values, by), asked_by=by)
    settled = _settled(tx, grounds, grounds.as_it_is_now(incident, filled), now)
    told = ", ".join(f"{name} = {value}" for name, value in values.items())
    record.note(tx, settled, EntryKind.RUN, f"filled in: {told}", at=now, by=by)
    return settled


def _filled(step_run: StepRun, values: Mapping[str, str], by: str) -> tuple[Parameter, ...]:
    given = {folded(name): value for name, value in values.items()}
    names = {folded(each.name): each.name for each in step_run.parameters}
    for name in values:
        if folded(name) not in names:
            raise Invalid(
                "parameter.name",
                f"Step run {step_run.id} has no parameter {name!a}.",
                hint=f"It has {', '.join(names.values())}.",
            )
    return tuple(_given(each, given.get(folded(each.name)), by) for each in step_run.parameters)


def _given(parameter: Parameter, value: str | None, by: str) -> Parameter:
    if value is None:
        return parameter
    checked = check_value(parameter, value)
    return replace(parameter, value=checked, source=ValueSource.PERSON, origin=by)


def _settled(tx: Tx, grounds: Grounds, current: StepRun, now: datetime) -> StepRun:
    """Store it: a look runs now, or is held for the recovery; all else waits for a person."""
    by_itself = current.unattended and not current.unbound and grounds.confines(current)
    if by_itself and current.phase in _AT_ONCE:
        return ready(tx, current, now=now)
    state = RunState.HELD if by_itself else RunState.WAITING
    waiting = replace(current, state=state, said=missing_values(current), by="")
    return tx.step_runs.put(waiting)
