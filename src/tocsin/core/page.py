"""A page is one urgent request for one person's attention; a delivery is one way it travels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.core.ids import DeliveryId, IncidentId, PageId

RETRY_AFTER = (
    timedelta(seconds=5),
    timedelta(seconds=15),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=2),
)
"""Waits between attempts; the last one repeats for as long as the page is wanted."""


EMERGENCY = 1000
"""Rungs from this number on belong to no ladder: these pages go out whoever has the incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Whom we ask, for which wait of which incident.

    The identity includes `triggered_at`: an incident that is reopened pages everyone
    afresh, and what was sent yesterday does not count for today.
    """

    id: PageId
    incident_id: IncidentId
    triggered_at: datetime
    round: int
    rung: int
    person: str
    made_at: datetime
    reason: str = ""


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    DUE = "due"
    SENDING = "sending"  # an attempt is under way; if we die, it is made again
    SENT = "sent"
    GIVEN_UP = "given up"  # it will never be taken as it is
    UNNEEDED = "unneeded"  # somebody took the incident before it went out


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One page over one channel: attempted until it was taken or is no longer needed."""

    id: DeliveryId
    page_id: PageId
    incident_id: IncidentId
    person: str
    channel: str
    state: DeliveryState = DeliveryState.DUE
    due_at: datetime | None = None
    attempts: int = 0
    said: str = ""  # what the other side answered, or why it failed


def retry_in(attempts: int) -> timedelta:
    """Return how long to wait after the `attempts`-th attempt has failed (1 is the first)."""
    return RETRY_AFTER[min(attempts, len(RETRY_AFTER)) - 1]
