"""Receive messages: on disk before the sender is told so, and nothing written twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.core.alert import Alert, AlertStatus, Change, Report, update
from tocsin.ports.inbox import Incoming, Receipt
from tocsin.ports.store import Tx
from tocsin.ports.work import Wake, WakeKind

DISPUTED_AFTER = timedelta(minutes=15)
"""A source may take this long to notice that what a person resolved is over."""


def receive(tx: Tx, incoming: Incoming, *, now: datetime) -> Receipt:
    """Store one message and return what became of it.

    Reports that say nothing new are not written. A generic alert without `starts_at` belongs
    to the run of its key that is firing, or begins one.
    """
    held = tx.alerts.known(incoming.source, incoming.reports)
    new = [report for report in incoming.reports if report.identity not in held]
    repeats: list[Alert] = []
    changed = 0
    for report in incoming.reports:
        alert = held.get(report.identity)
        if alert is not None and not (news := _update(tx, alert, report, now)):
            repeats.append(alert)
        elif alert is not None:
            changed += news
    changed += _dispute(tx, repeats, now)
    for part in incoming.rejected:
        tx.events.quarantine(incoming.source, part.raw, part.reason, at=now)
    tx.alerts.add(incoming.source, new, at=now)
    if new or changed or incoming.rejected:
        tx.events.add(incoming.source, incoming.raw, at=now, notes=incoming.notes)
    if new or changed:
        tx.wake(Wake(kind=WakeKind.BIND, subject=0, at=now))
    return Receipt(
        accepted=len(new) + changed,
        unchanged=len(incoming.reports) - len(new) - changed,
        quarantined=len(incoming.rejected),
    )


def _update(tx: Tx, alert: Alert, report: Report, now: datetime) -> int:
    """Store what a report changes; return 1 if it is news, 0 if it repeats what we know."""
    updated, change = update(alert, report, at=now)
    if change in (Change.NONE, Change.LATE):
        return 0
    if change is Change.FIRED_AGAIN:
        updated = replace(updated, received_at=now)
    tx.alerts.put(updated)
    return 1


def _dispute(tx: Tx, repeats: Sequence[Alert], now: datetime) -> int:
    """Take alerts up again that go on firing although their incident was resolved a while ago.

    Somebody resolved it too early, or for good reason: either way a firing alert is never
    swallowed. Returns how many there are.
    """
    firing = [each for each in repeats if each.status is AlertStatus.FIRING and each.incident_id]
    if not firing:
        return 0
    ids = {each.incident_id for each in firing if each.incident_id}
    over = tx.incidents.resolved_before(ids, now - DISPUTED_AFTER)
    disputed = [each for each in firing if each.incident_id in over]
    for alert in disputed:
        tx.alerts.put(replace(alert, pending=True, changed_at=now))
    return len(disputed)
