"""Change an incident: the only door to its status."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Action, Incident, Status, apply
from tocsin.core.timeline import EntryKind
from tocsin.ports.store import Tx
from tocsin.ports.work import Wake, WakeKind
from tocsin.records import postmortem, timeline

LONGEST_NOTE = 10_000  # characters

_TOLD = {
    Action.ACKNOWLEDGE: "acknowledged",
    Action.RELEASE: "released: waiting for somebody again",
    Action.MITIGATE: "mitigated: monitoring",
    Action.RELAPSE: "relapsed: triggered again",
    Action.RESOLVE: "resolved",
    Action.REOPEN: "reopened: triggered again",
}


def change(
    tx: Tx,
    incident_id: IncidentId,
    action: Action,
    *,
    by: str,
    now: datetime,
    because: str = "",
) -> Incident:
    """Apply `action`, put it on the timeline, and start what follows from it.

    Repeating an action is harmless and leaves no second entry.

    Raises:
        NotFound("incident"), Conflict("incident.transition")
        Conflict("incident.open_already"): Reopening it would make two for one playbook.
    """
    before = tx.incidents.get(incident_id)
    after = apply(before, action, by=by, at=now)
    if after == before:
        return before
    if action is Action.REOPEN:
        _refuse_second(tx, after)
    tx.incidents.put(after)
    reason = f": {because}" if because else ""
    text = _TOLD[action] + reason
    timeline.note(tx, incident_id, EntryKind.STATUS, text, at=now, actor=by)
    return _follow(tx, after, now)


def _refuse_second(tx: Tx, incident: Incident) -> None:
    other = tx.incidents.with_key(incident.join_key)
    if other is not None and other.id != incident.id:
        raise Conflict(
            "incident.open_already",
            f"Incident {other.id} is open for the same playbook.",
            hint=f"Go on with incident {other.id}.",
        )


def _follow(tx: Tx, incident: Incident, now: datetime) -> Incident:
    if incident.status is Status.TRIGGERED:
        tx.wake(Wake(kind=WakeKind.ESCALATE, subject=incident.id, at=now))
    if incident.status is Status.MONITORING:
        tx.wake(Wake(kind=WakeKind.RECOVER, subject=incident.id, at=now))
    if incident.status is Status.RESOLVED:
        postmortem.draft(tx, incident.id, now=now)
    return incident


def remark(tx: Tx, incident_id: IncidentId, text: str, *, by: str, now: datetime) -> None:
    """Put a person's note on the timeline.

    Raises:
        NotFound("incident"), Invalid("note.empty"), Invalid("note.too_long")
    """
    tx.incidents.get(incident_id)
    if not text.strip():
        raise Invalid("note.empty", "A note needs some text.")
    if len(text) > LONGEST_NOTE:
        raise Invalid("note.too_long", f"A note has at most {LONGEST_NOTE} characters.")
    timeline.note(tx, incident_id, EntryKind.NOTE, text.strip(), at=now, actor=by)


def hold_recovery(tx: Tx, incident: Incident, until: datetime) -> Incident:
    """Say when the recovery is looked at next, and return the incident as it is then."""
    held = replace(incident, recover_at=until)
    tx.incidents.put(held)
    tx.wake(Wake(kind=WakeKind.RECOVER, subject=incident.id, at=until))
    return held
