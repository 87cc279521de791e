"""Escalate an incident: page whoever is due, come back when the next is.

Safe to run late, twice, or after a crash: how far the ladder has been climbed follows from
the clock alone, rungs missed while no worker ran are paged late rather than never, and a page
that exists is not made again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tocsin.core.escalation import Due, Ladder, exhausted_in, progress
from tocsin.core.ids import IncidentId, PageId
from tocsin.core.incident import Incident, Status
from tocsin.core.page import DeliveryState, Page
from tocsin.core.timeline import EntryKind
from tocsin.core.times import write_duration
from tocsin.core.workspace import Workspace
from tocsin.paging.climb import RUNBOOK_RUNGS, conditions_of, ladder_of
from tocsin.ports.runbooks import Runbooks
from tocsin.ports.store import Tx
from tocsin.ports.work import Wake, WakeKind
from tocsin.records import timeline


def escalate(
    tx: Tx, workspace: Workspace, runbooks: Runbooks, incident_id: IncidentId, *, now: datetime
) -> None:
    """Page everybody who is due by now and say when to look again."""
    incident = tx.incidents.get(incident_id)
    if incident.escalate_at is None or incident.escalate_at > now:
        return  # a stale wake, or somebody has looked already
    runbook = runbooks.get(incident.binding.file) if incident.binding else None
    if conditions := conditions_of(runbook, incident):
        _say_once(tx, incident, EntryKind.NOTE, conditions, now)
    climbing = ladder_of(workspace, runbook, incident)
    if climbing is None:
        _rest(tx, incident, "nobody can be paged: no escalation policy", now)
        return
    if incident.status is Status.ACKNOWLEDGED:
        climbing = replace(
            climbing, rungs=tuple(rung for rung in climbing.rungs if rung.although_acknowledged)
        )
    _climb(tx, workspace, incident, climbing, now)


def _climb(
    tx: Tx, workspace: Workspace, incident: Incident, climbing: Ladder, now: datetime
) -> None:
    waited = now - incident.triggered_at
    so_far = progress(climbing, waited, unreached=unreached(tx, incident))
    paged: set[Due] = set()
    while new := [due for due in so_far.reached if due not in paged]:
        for due in new:
            _page(tx, workspace, incident, due, now)
        paged.update(new)
        so_far = progress(climbing, waited, unreached=unreached(tx, incident))
    next_in = so_far.next_in
    if next_in is None and incident.status is Status.TRIGGERED:
        next_in = exhausted_in(climbing, waited) or None
        if next_in is None:
            _rest(tx, incident, "escalation exhausted: nobody acknowledged", now)
            return
    look_again(tx, incident, now + next_in if next_in else None)


def wake_again(
    tx: Tx, workspace: Workspace, runbooks: Runbooks, incident: Incident, *, now: datetime
) -> Incident:
    """Page everybody afresh for an incident nobody took although everybody had been paged.

    For news about it, such as another alert that joins. Returns the incident as it is then:
    unchanged where somebody has it, or is still being asked, or nobody can be paged.
    """
    exhausted = incident.status is Status.TRIGGERED and incident.escalate_at is None
    runbook = runbooks.get(incident.binding.file) if incident.binding else None
    if not exhausted or ladder_of(workspace, runbook, incident) is None:
        return incident
    tx.incidents.put(replace(incident, triggered_at=now, escalate_at=now))
    text = "nobody has taken this yet: paging from the first level again"
    timeline.note(tx, incident.id, EntryKind.WARNING, text, at=now)
    escalate(tx, workspace, runbooks, incident.id, now=now)
    return tx.incidents.get(incident.id)


def unreached(tx: Tx, incident: Incident) -> set[tuple[int, int]]:
    """Return round and number of the rungs of this wait at which nobody can be reached.

    Every delivery of every page there was given up, or there was none to make.
    """
    open_pages = {
        each.page_id
        for each in tx.pages.deliveries(incident.id)
        if each.state is not DeliveryState.GIVEN_UP
    }
    pages = [
        page
        for page in tx.pages.of_incident(incident.id)
        if page.triggered_at == incident.triggered_at
    ]
    reached = {(page.round, page.rung) for page in pages if page.id in open_pages}
    return {(page.round, page.rung) for page in pages} - reached


def look_again(tx: Tx, incident: Incident, at: datetime | None) -> None:
    """Say when the escalation is looked at next; None: not until something happens."""
    tx.incidents.put(replace(incident, escalate_at=at))
    if at is not None:
        tx.wake(Wake(kind=WakeKind.ESCALATE, subject=incident.id, at=at))


def _rest(tx: Tx, incident: Incident, why: str, now: datetime) -> None:
    look_again(tx, incident, None)
    timeline.note(tx, incident.id, EntryKind.WARNING, why, at=now)


def _page(tx: Tx, workspace: Workspace, incident: Incident, due: Due, now: datetime) -> None:
    if not due.rung.people:
        _say_once(tx, incident, EntryKind.WARNING, due.rung.reason, now)
    for name in due.rung.people:
        channels = _channels(workspace, name)
        page = Page(
            id=PageId(0),
            incident_id=incident.id,
            triggered_at=incident.triggered_at,
            round=due.round,
            rung=due.rung.number,
            person=name,
            made_at=now,
            reason=due.rung.reason,
        )
        deliveries = tx.pages.add(page, channels)
        for delivery_id in deliveries:
            tx.wake(Wake(kind=WakeKind.DELIVER, subject=delivery_id, at=now))
        if deliveries:
            text = f"paging {name} by {', '.join(channels)}{_why(due)}"
            timeline.note(tx, incident.id, EntryKind.PAGE, text, at=now)
        elif not channels:
            text = f"{name} cannot be paged: no channel of theirs is in tocsin.toml"
            _say_once(tx, incident, EntryKind.WARNING, text, now)


def _channels(workspace: Workspace, name: str) -> list[str]:
    person = workspace.person(name)
    return [each for each in person.channels if workspace.channel(each)] if person else []


def _why(due: Due) -> str:
    after = f" after {write_duration(due.rung.after)}" if due.rung.after else ""
    if due.rung.number >= RUNBOOK_RUNGS:
        return f"{after}: the runbook says {due.rung.reason}"
    clock = f", clock of {due.rung.reason}" if due.rung.reason else ""
    again = f", round {due.round + 1}" if due.round else ""
    return f" (level {due.rung.number + 1}{after}{again}{clock})"


def _say_once(tx: Tx, incident: Incident, kind: EntryKind, text: str, now: datetime) -> None:
    if text not in [entry.text for entry in tx.timeline.of_incident(incident.id)]:
        timeline.note(tx, incident.id, kind, text, at=now)
