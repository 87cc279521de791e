"""The audit: which rows were due and still are. One cheap query per kind of work."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from tocsin.adapters.db import schema
from tocsin.core.page import DeliveryState
from tocsin.core.run import RunState
from tocsin.ports.work import Wake, WakeKind

_MOST = 1000  # per kind and audit; the next audit finds the rest


def overdue(connection: sa.Connection, *, before: datetime) -> list[Wake]:
    """Return a wake for every row that was due before then and still is."""
    alert, incident = schema.alert.c, schema.incident.c
    delivery, step_run = schema.delivery.c, schema.step_run.c
    sending = delivery.state.in_([DeliveryState.DUE, DeliveryState.SENDING])
    questions = [
        (WakeKind.ESCALATE, sa.select(incident.id).where(incident.escalate_at <= before)),
        (WakeKind.RECOVER, sa.select(incident.id).where(incident.recover_at <= before)),
        (WakeKind.DELIVER, sa.select(delivery.id).where(sending, delivery.due_at <= before)),
        (WakeKind.RUN, sa.select(step_run.id).where(step_run.state == RunState.READY)),
    ]
    pending = sa.select(alert.id).where(alert.pending, alert.changed_at <= before).limit(1)
    found = [Wake(kind=WakeKind.BIND, subject=0, at=before)]
    wakes = found if connection.execute(pending).first() else []
    for kind, question in questions:
        due = connection.execute(question.limit(_MOST)).scalars()
        wakes += [Wake(kind=kind, subject=subject, at=before) for subject in due]
    return wakes
