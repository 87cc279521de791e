"""Events, quarantined parts and alerts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from tocsin.adapters.db import rows, schema
from tocsin.core.alert import Alert, AlertStatus, Report
from tocsin.core.ids import AlertId, EventId, IncidentId

_MOST_KEYS = 300  # per query: SQLite takes 32766 variables, and two go into each key


class SqlEvents:
    """Messages as they were received."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, source: str, raw: bytes, *, at: datetime, notes: Sequence[str]) -> EventId:
        statement = (
            sa.insert(schema.event)
            .values(source=source, raw=raw, at=at, notes=list(notes))
            .returning(schema.event.c.id)
        )
        return EventId(self._connection.execute(statement).scalar_one())

    def quarantine(self, source: str, raw: bytes, reason: str, *, at: datetime) -> None:
        values = {"source": source, "raw": raw, "reason": reason, "at": at}
        self._connection.execute(sa.insert(schema.quarantine), values)

    def quarantined(self, limit: int) -> list[tuple[str, datetime, str, bytes]]:
        table = schema.quarantine.c
        statement = sa.select(table.source, table.at, table.reason, table.raw)
        newest = statement.order_by(table.id.desc()).limit(limit)
        return [tuple(row) for row in self._connection.execute(newest)]


class SqlAlerts:
    """The alerts on file."""

    def __init__(self, connection: sa.Connection, *, holding: bool) -> None:
        self._connection = connection
        self._holding = holding

    def known(self, source: str, reports: Iterable[Report]) -> dict[tuple[str, str], Alert]:
        keys = [report.identity for report in reports]
        found: dict[tuple[str, str], Alert] = {}
        for start in range(0, len(keys), _MOST_KEYS):
            found |= self._some(source, keys[start : start + _MOST_KEYS])
        return found

    def _some(self, source: str, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Alert]:
        table = schema.alert.c
        prints = {print_ for print_, _ in keys}
        statement = sa.select(schema.alert).where(
            table.source == source,
            table.fingerprint.in_(prints),
            table.starts_at.in_({starts_at for _, starts_at in keys}),
        )
        if self._holding:  # whoever binds them meanwhile must not be overwritten
            statement = statement.order_by(table.id).with_for_update()
        held = [rows.value(Alert, row) for row in self._connection.execute(statement)]
        return {(alert.fingerprint, alert.starts_at): alert for alert in held}

    def add(self, source: str, reports: Sequence[Report], *, at: datetime) -> None:
        if not reports:
            return
        filed = {"source": source, "received_at": at, "changed_at": at}
        new = [{**rows.columns(report), **filed, "pending": True} for report in reports]
        statement = rows.insert(self._connection, schema.alert).on_conflict_do_nothing()
        self._connection.execute(statement, new)

    def put(self, alert: Alert) -> None:
        where = schema.alert.c.id == alert.id
        self._connection.execute(sa.update(schema.alert).where(where).values(**rows.columns(alert)))

    def pending(self, limit: int) -> list[Alert]:
        statement = (
            sa.select(schema.alert)
            .where(schema.alert.c.pending)
            .order_by(schema.alert.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [rows.value(Alert, row) for row in self._connection.execute(statement)]

    def settle(self, alert_id: AlertId, incident_id: IncidentId | None) -> None:
        where = schema.alert.c.id == alert_id
        values = {"pending": False, "incident_id": incident_id}
        self._connection.execute(sa.update(schema.alert).where(where).values(**values))

    def of_incident(self, incident_id: IncidentId) -> list[Alert]:
        statement = (
            sa.select(schema.alert)
            .where(schema.alert.c.incident_id == incident_id)
            .order_by(schema.alert.c.id)
        )
        return [rows.value(Alert, row) for row in self._connection.execute(statement)]

    def any_firing(self, incident_id: IncidentId) -> bool:
        table = schema.alert.c
        statement = sa.select(table.id).where(
            table.incident_id == incident_id, table.status == AlertStatus.FIRING
        )
        return self._connection.execute(statement.limit(1)).first() is not None

    def firing(self, source: str) -> list[Alert]:
        table = schema.alert.c
        statement = (
            sa.select(schema.alert)
            .where(table.source == source, table.status == AlertStatus.FIRING)
            .order_by(table.id)
        )
        return [rows.value(Alert, row) for row in self._connection.execute(statement)]
