"""Deliver a page over one channel: claim, send outside any transaction, record.

Pages fail open: an attempt that we cannot account for is made again, with the same key, so
that whoever receives it can recognise the repeat.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.core.errors import Invalid, NotFound, Problem
from tocsin.core.ids import DeliveryId
from tocsin.core.incident import Incident, Status
from tocsin.core.page import EMERGENCY, Delivery, DeliveryState, Page, retry_in
from tocsin.core.timeline import EntryKind
from tocsin.paging import links
from tocsin.paging.climb import RUNBOOK_RUNGS
from tocsin.paging.compose import compose
from tocsin.paging.escalate import look_again, unreached
from tocsin.ports.channels import Message
from tocsin.ports.store import Tx
from tocsin.ports.work import Wake, WakeKind
from tocsin.records import timeline

ATTEMPT = timedelta(seconds=30)
"""An attempt that has not reported back after this long is made again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt that is about to be made."""

    delivery: Delivery
    message: Message


def claim(
    tx: Tx, delivery_id: DeliveryId, *, secret_key: bytes, public_url: str, now: datetime
) -> Attempt | None:
    """Take a delivery for one attempt; None if there is nothing to do."""
    delivery = tx.pages.claim(delivery_id, now=now, until=now + ATTEMPT)
    if delivery is None:
        return None
    tx.wake(Wake(kind=WakeKind.DELIVER, subject=delivery_id, at=now + ATTEMPT))
    attempt = _prepare(tx, delivery, secret_key=secret_key, public_url=public_url, now=now)
    if attempt is None:
        tx.pages.put_delivery(replace(delivery, state=DeliveryState.UNNEEDED, due_at=None))
    return attempt


def peek(
    tx: Tx, delivery_id: DeliveryId, *, secret_key: bytes, public_url: str, now: datetime
) -> Attempt | None:
    """Return the attempt that is due without claiming it; None if there is none.

    For a database that can be read but not written: the page goes out all the same.
    """
    delivery = tx.pages.delivery(delivery_id)
    if delivery.due_at is None or delivery.due_at > now:
        return None
    return _prepare(tx, delivery, secret_key=secret_key, public_url=public_url, now=now)


def _prepare(
    tx: Tx, delivery: Delivery, *, secret_key: bytes, public_url: str, now: datetime
) -> Attempt | None:
    incident = tx.incidents.get(delivery.incident_id)
    page = tx.pages.get(delivery.page_id)
    if not _needed(incident, page):
        return None
    link = links.Link(page_id=page.id, person=page.person)
    message = compose(
        incident,
        page,
        delivery,
        tx.step_runs.of_incident(incident.id),
        tx.step_runs.outputs(incident.id),
        link=f"{public_url}/page/{links.write(secret_key, link, now=now)}",
        now=now,
    )
    return Attempt(delivery=delivery, message=message)


def _needed(incident: Incident, page: Page) -> bool:
    if page.rung >= EMERGENCY:
        return True
    if incident.status is Status.ACKNOWLEDGED:
        return page.rung >= RUNBOOK_RUNGS and incident.acknowledged_by != page.person
    return incident.status is Status.TRIGGERED


def record_sent(tx: Tx, delivery: Delivery, said: str, *, now: datetime) -> None:
    """Record that the other side has taken the page."""
    tx.pages.put_delivery(replace(delivery, state=DeliveryState.SENT, due_at=None, said=said))
    text = f"page to {delivery.person} taken by {delivery.channel}: {said}"
    timeline.note(tx, delivery.incident_id, EntryKind.PAGE, text, at=now)


def record_failed(tx: Tx, delivery: Delivery, problem: Problem, *, now: datetime) -> None:
    """Record a failed attempt, and when the next one is due unless it never can succeed.

    Once nobody can be reached at a level any more, the next is not waited for.
    """
    hopeless = isinstance(problem, Invalid | NotFound)
    due_at = None if hopeless else now + retry_in(delivery.attempts)
    state = DeliveryState.GIVEN_UP if hopeless else DeliveryState.DUE
    tx.pages.put_delivery(replace(delivery, state=state, due_at=due_at, said=problem.message))
    if due_at is not None:
        tx.wake(Wake(kind=WakeKind.DELIVER, subject=delivery.id, at=due_at))
    if hopeless or delivery.attempts == 1:
        again = "given up" if hopeless else "trying again"
        text = f"page to {delivery.person} not taken by {delivery.channel}, {again}: "
        timeline.note(tx, delivery.incident_id, EntryKind.WARNING, text + problem.message, at=now)
    if hopeless:
        _go_on(tx, delivery, now)


def _go_on(tx: Tx, delivery: Delivery, now: datetime) -> None:
    """If this was the last hope of its level, look at the escalation now."""
    incident = tx.incidents.get(delivery.incident_id)
    page = tx.pages.get(delivery.page_id)
    present = page.triggered_at == incident.triggered_at and page.rung < RUNBOOK_RUNGS
    if incident.status is not Status.TRIGGERED or not present:
        return
    if (page.round, page.rung) not in unreached(tx, incident):
        return
    text = f"nobody could be reached at level {page.rung + 1}"
    timeline.note(tx, incident.id, EntryKind.WARNING, text, at=now)
    if incident.escalate_at is not None:
        look_again(tx, incident, min(incident.escalate_at, now))
