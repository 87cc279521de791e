"""Page named people at once, outside any escalation, whoever has the incident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tocsin.core.ids import PageId
from tocsin.core.incident import Incident
from tocsin.core.page import EMERGENCY, Page
from tocsin.core.run import StepRun
from tocsin.core.timeline import EntryKind
from tocsin.core.workspace import Workspace
from tocsin.ports.store import Tx
from tocsin.ports.work import Wake, WakeKind
from tocsin.records import timeline


def summon(
    tx: Tx,
    workspace: Workspace,
    incident: Incident,
    people: Sequence[str],
    why: str,
    *,
    about: StepRun,
    now: datetime,
) -> None:
    """Page these people; once per attempt of the step run it is about."""
    for name in people:
        person = workspace.person(name)
        channels = [each for each in person.channels if workspace.channel(each)] if person else []
        page = Page(
            id=PageId(0),
            incident_id=incident.id,
            triggered_at=incident.triggered_at,
            round=about.id,
            rung=EMERGENCY + about.attempt,
            person=name,
            made_at=now,
            reason=why,
        )
        for delivery_id in tx.pages.add(page, channels):
            tx.wake(Wake(kind=WakeKind.DELIVER, subject=delivery_id, at=now))
        how = f"by {', '.join(channels)}" if channels else "not possible: no channel is set up"
        text = f"paging {name} {how}: {why}"
        timeline.note(tx, incident.id, EntryKind.PAGE, text, at=now)
