"""Recover: verified, not assumed.

When an incident enters monitoring its verification steps run. When the soak is over, the
alert's own condition is looked at again and the verifications must have passed; then it
resolves by itself. What does not pass is said and looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Action, Incident, Status
from tocsin.core.run import RunState, StepRun
from tocsin.core.runbook import Phase
from tocsin.core.timeline import SYSTEM, EntryKind
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

DOUBT = timedelta(minutes=3)
"""How long after the soak a recovery may stay unproven before it counts as a relapse."""

_WAITS_FOR_A_PERSON = (RunState.WAITING, RunState.MANUAL, RunState.UNKNOWN, RunState.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A recovery that is due for a look: the alerts whose condition to look at."""

    incident: Incident
    alerts: tuple[Alert, ...]


def due(tx: Tx, incident_id: IncidentId, *, now: datetime) -> Watch | None:
    """Begin the watch, or say what has to be looked at now; None if nothing is due."""
    incident = tx.incidents.get(incident_id)
    if incident.recover_at is None or incident.recover_at > now or not incident.is_open:
        return None  # a stale wake
    if incident.status is Status.MONITORING:
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
    """Take in what was looked at.

    After a mitigation: if no condition holds any more, the watch begins. After the soak: if
    everything is well the incident resolves, and if it stays unproven it is triggered again.
    """
    incident = tx.incidents.get(incident_id)
    if incident.status in (Status.TRIGGERED, Status.ACKNOWLEDGED):
        _after_mitigation(tx, incident, conditions, now)
    elif incident.status is Status.MONITORING:
        _after_soak(tx, incident, conditions, now)


def _after_mitigation(
    tx: Tx, incident: Incident, conditions: Sequence[Condition], now: datetime
) -> None:
    if conditions and all(each.holds is False for each in conditions):
        because = "; ".join(dict.fromkeys(each.said for each in conditions))
        lifecycle.change(tx, incident.id, Action.MITIGATE, by=SYSTEM, now=now, because=because)
    elif not any(each.holds for each in conditions):
        tx.incidents.put(replace(incident, recover_at=None))  # nobody to ask but the source


def _after_soak(tx: Tx, incident: Incident, conditions: Sequence[Condition], now: datetime) -> None:
    bad = _bad(tx, incident.id, conditions)
    if bad:
        _not_yet(tx, incident, bad, now)
        return
    looked = "; ".join(dict.fromkeys(each.said for each in conditions)) or "no condition to look at"
    text = f"recovery verified: {looked}{_left_to_people(tx, incident.id)}"
    timeline.note(tx, incident.id, EntryKind.RECOVERY, text, at=now)
    because = f"quiet for {write_duration(incident.soak)}"
    lifecycle.change(tx, incident.id, Action.RESOLVE, by=SYSTEM, now=now, because=because)


def _left_to_people(tx: Tx, incident_id: IncidentId) -> str:
    """Say how many verification steps nobody has done: they do not count as passed."""
    steps = tx.step_runs.of_incident(incident_id)
    undone = [
        each for each in steps if each.phase is Phase.VERIFY and each.state in _WAITS_FOR_A_PERSON
    ]
    return f"; {len(undone)} verification steps were left to people and not done" if undone else ""


def _bad(tx: Tx, incident_id: IncidentId, conditions: Sequence[Condition]) -> list[str]:
    said = [each.said for each in conditions if each.holds]
    for step_run in tx.step_runs.of_incident(incident_id):
        if step_run.phase is Phase.VERIFY and step_run.state is RunState.FAILED:
            said.append(f"{step_run.step_title} (line {step_run.start}) failed")
    alerts = tx.alerts.of_incident(incident_id)
    said += [f"{each.name} is firing" for each in alerts if each.status is AlertStatus.FIRING]
    return list(dict.fromkeys(said))


def _not_yet(tx: Tx, incident: Incident, bad: list[str], now: datetime) -> None:
    text = f"not recovered yet: {'; '.join(bad)}"
    soaked_at = (incident.mitigated_at or now) + incident.soak
    if now - soaked_at >= DOUBT:
        lifecycle.change(tx, incident.id, Action.RELAPSE, by=SYSTEM, now=now, because=text)
        return
    newest = tx.timeline.of_incident(incident.id)
    told = [entry.text for entry in newest if entry.kind is EntryKind.RECOVERY]
    if not told or told[-1] != text:
        timeline.note(tx, incident.id, EntryKind.RECOVERY, text, at=now)
    ready_held(tx, incident, _failed_verification, now=now)
    lifecycle.hold_recovery(tx, incident, now + LOOK_AGAIN)


def _failed_verification(step_run: StepRun) -> bool:
    return step_run.phase is Phase.VERIFY and step_run.state is RunState.FAILED


def after_run(tx: Tx, step_run: StepRun, *, now: datetime) -> None:
    """When a mitigation has ended well, run the verifications and look at the condition again."""
    if step_run.phase is not Phase.MITIGATE or step_run.looks:
        return
    if step_run.state is not RunState.SUCCEEDED:
        return
    incident = tx.incidents.get(step_run.incident_id)
    if not incident.is_open:
        return

    def wanted(each: StepRun) -> bool:
        after = each.step_line == step_run.step_line and each.position > step_run.position
        return each.phase is Phase.VERIFY or after

    count = ready_held(tx, incident, wanted, now=now)
    text = f"mitigation ended: {count} verification steps run"
    timeline.note(tx, incident.id, EntryKind.RECOVERY, text, at=now)
    if incident.status is not Status.MONITORING:
        lifecycle.hold_recovery(tx, incident, now + SETTLE)
