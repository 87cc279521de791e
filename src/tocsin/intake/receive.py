"""Receive messages: on disk before the sender is told so, and nothing written twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tocsin.core.alert import Alert, AlertStatus, Change, Report, update
from tocsin.ports.inbox import Incoming, Receipt
from tocsin.ports.store import Tx
from tocsin.ports.work import Wake, WakeKind


def receive(tx: Tx, incoming: Incoming, *, now: datetime) -> Receipt:
    """Store one message and return what became of it.

    Reports that say nothing new are not written. A generic alert without `starts_at` belongs
    to the run of its key that is firing, or begins one.
    """
    held = tx.alerts.known(incoming.source, incoming.reports)
    new: list[Report] = []
    changed = 0
    for report in incoming.reports:
        alert = held.get(report.identity)
        if alert is None:
            new.append(report)
        else:
            changed += _update(tx, alert, report, now)
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
    updated, change = update(alert, report, at=now)
    if change in (Change.NONE, Change.LATE):
        return 0
    if change is Change.FIRED_AGAIN and updated.status is AlertStatus.FIRING:
        updated = replace(updated, received_at=now)
    tx.alerts.put(updated)
    return 1
