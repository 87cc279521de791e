"""Recover: verified, not assumed.

When an incident enters monitoring its verification steps run. When the soak is over, the
alert's own condition is looked at again and the verifications must have passed; then it
resolves by itself. What does not pass is said and looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Action, Incident, Status
from tocsin.core.run import RunState, StepRun
from tocsin.core.runbook import Phase
from tocsin.core.timeline import EntryKind
from tocsin.core.times import write_duration
from tocsin.incidents import lifecycle
from tocsin.ports.conditions import Condition
from tocsin.ports.store import Tx
from tocsin.records import timeline
from tocsin.running.advance import ready_held

LOOK_AGAIN = timedelta(seconds=30)
"""Between two looks at a recovery that has not been proven yet."""

SETTLE = timedelta(seconds=2)
"""Given to verification steps that are still running when the soak is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A recovery whose soak is over: what to look at before it counts."""

    incident: Incident
    alerts: tuple[Alert, ...]


def due(tx: Tx, incident_id: IncidentId, *, now: datetime) -> Watch | None:
    """Begin the watch, or say what has to be looked at now; None if nothing is due."""
    incident = tx.incidents.get(incident_id)
    if incident.status is not Status.MONITORING or incident.recover_at is None:
        return None
    if incident.recover_at > now:
        return None  # a stale wake
    if incident.recover_at == incident.mitigated_at:
        _begin(tx, incident, now)
        return None
    if _unfinished(tx.step_runs.of_incident(incident_id)):
        lifecycle.hold_recovery(tx, incident, now + SETTLE)
        return None
    lifecycle.hold_recovery(tx, incident, now + LOOK_AGAIN)
    return Watch(incident=incident, alerts=tuple(tx.alerts.of_incident(incident_id)))


def _begin(tx: Tx, incident: Incident, now: datetime) -> None:
    count = ready_held(tx, incident, lambda each: each.phase is Phase.VERIFY, now=now)
    until = now + incident.soak
    text = f"watching for {write_duration(incident.soak)}, {count} verification steps run"
    timeline.note(tx, incident.id, EntryKind.RECOVERY, text, at=now)
    lifecycle.hold_recovery(tx, incident, max(until, now + timedelta(milliseconds=1)))


def _unfinished(step_runs: list[StepRun]) -> bool:
    going = (RunState.READY, RunState.STARTED)
    return any(each.phase is Phase.VERIFY and each.state in going for each in step_runs)


def record(
    tx: Tx, incident_id: IncidentId, conditions: Sequence[Condition], *, now: datetime
) -> None:
    """Resolve the incident if everything that was looked at is well; else say what is not."""
    incident = tx.incidents.get(incident_id)
    if incident.status is not Status.MONITORING:
        return
    bad = _bad(tx, incident_id, conditions)
    if bad:
        _not_yet(tx, incident, bad, now)
        return
    looked = "; ".join(dict.fromkeys(each.said for each in conditions)) or "no condition to look at"
    timeline.note(tx, incident_id, EntryKind.RECOVERY, f"recovery verified: {looked}", at=now)
    because = f"quiet for {write_duration(incident.soak)}"
    lifecycle.change(tx, incident_id, Action.RESOLVE, by="tocsin", now=now, because=because)


def _bad(tx: Tx, incident_id: IncidentId, conditions: Sequence[Condition]) -> list[str]:
    said = [each.said for each in conditions if each.holds]
    for step_run in tx.step_runs.of_incident(incident_id):
        if step_run.phase is Phase.VERIFY and step_run.state is RunState.FAILED:
            said.append(f"{step_run.step_title} (line {step_run.start}) failed")
    alerts = tx.alerts.of_incident(incident_id)
    said += [f"{each.name} is firing" for each in alerts if each.status is AlertStatus.FIRING]
    return said


def _not_yet(tx: Tx, incident: Incident, bad: list[str], now: datetime) -> None:
    text = f"not recovered yet: {'; '.join(bad)}"
    newest = tx.timeline.of_incident(incident.id)
    told = [entry.text for entry in newest if entry.kind is EntryKind.RECOVERY]
    if not told or told[-1] != text:
        timeline.note(tx, incident.id, EntryKind.RECOVERY, text, at=now)
    ready_held(tx, incident, _failed_verification, now=now)
    lifecycle.hold_recovery(tx, incident, now + LOOK_AGAIN)


def _failed_verification(step_run: StepRun) -> bool:
    return step_run.phase is Phase.VERIFY and step_run.state is RunState.FAILED


def after_run(tx: Tx, step_run: StepRun, *, now: datetime) -> None:
    """When a mitigation has ended well, run the verifications of its incident."""
    if step_run.phase is not Phase.MITIGATE or not step_run.changes:
        return
    if step_run.state is not RunState.SUCCEEDED:
        return
    incident = tx.incidents.get(step_run.incident_id)
    if incident.status is Status.RESOLVED:
        return
    verifying = Phase.VERIFY
    held_here = step_run.step_line

    def wanted(each: StepRun) -> bool:
        after = each.step_line == held_here and each.position > step_run.position
        return each.phase is verifying or after

    count = ready_held(tx, incident, wanted, now=now)
    if count:
        text = f"mitigation ended: {count} verification steps run"
        timeline.note(tx, incident.id, EntryKind.RECOVERY, text, at=now)
