"""Write to an incident's timeline, and check that nobody has rewritten it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tocsin.core.ids import IncidentId
from tocsin.core.timeline import SYSTEM, Entry, EntryKind, first_break
from tocsin.ports.store import Tx


def note(
    tx: Tx,
    incident_id: IncidentId,
    kind: EntryKind,
    text: str,
    *,
    at: datetime,
    actor: str = SYSTEM,
    facts: Mapping[str, object] | None = None,
) -> Entry:
    """Append one entry and return it sealed. Entries are never changed or removed."""
    return tx.timeline.append(
        Entry(
            incident_id=incident_id,
            seq=0,
            at=at,
            actor=actor,
            kind=kind,
            text=text,
            facts=facts or {},
        )
    )


def verify(tx: Tx, incident_id: IncidentId) -> str:
    """Return an empty string if the incident's chain is whole, else where it is not.

    Raises:
        NotFound("incident")
    """
    tx.incidents.get(incident_id)
    return first_break(tx.timeline.of_incident(incident_id))
