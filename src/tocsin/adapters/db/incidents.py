"""Incidents, their timeline and their post-mortem drafts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tocsin.adapters.db import rows, schema
from tocsin.adapters.db.record import Mask, linked, unmasked
from tocsin.core.errors import NotFound
from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.incident import Incident, Status
from tocsin.core.timeline import ANCHOR, Entry
from tocsin.ports.store import Draft

_WANTED = schema.incident.c.id == sa.bindparam("wanted")
_GET = sa.select(schema.incident).where(_WANTED)
_HOLD = _GET.with_for_update(key_share=True)
_HOLD_ID = sa.select(schema.incident.c.id).where(_WANTED).with_for_update(key_share=True)
_LAST = (
    sa.select(schema.timeline.c.seq, schema.timeline.c.sha256)
    .where(schema.timeline.c.incident_id == sa.bindparam("wanted"))
    .order_by(schema.timeline.c.seq.desc())
    .limit(1)
)
_APPEND = sa.insert(schema.timeline)
_WRITTEN = sa.type_coerce(schema.timeline.c.facts, sa.Text)  # as JSON, without spaces
_ABOUT = (
    sa.select(schema.timeline)
    .where(
        schema.timeline.c.incident_id == sa.bindparam("wanted"),
        _WRITTEN.contains(sa.bindparam("about")),  # and those it begins
        sa.not_(_WRITTEN.startswith('{"planned":')),  # a whole plan, which holds many of them
    )
    .order_by(schema.timeline.c.seq)
)


def visible(seen: frozenset[str] | None) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what must hold of an incident for somebody who may see only these services."""
    return () if seen is None else (schema.incident.c.service.in_(seen),)


class SqlIncidents:
    """The incidents on file."""

    def __init__(
        self, connection: sa.Connection, *, holding: bool, seen: frozenset[str] | None = None
    ) -> None:
        self._connection = connection
        self._holding = holding
        self._visible = visible(seen)

    def get(self, incident_id: IncidentId) -> Incident:
        statement = _HOLD if self._holding else _GET
        if self._visible:
            statement = statement.where(*self._visible)
        row = self._connection.execute(statement, {"wanted": incident_id}).first()
        if row is None:
            raise NotFound("incident", f"There is no incident {incident_id}.")
        return rows.value(Incident, row)

    def add(self, incident: Incident) -> Incident | None:
        statement = (
            rows.insert(self._connection, schema.incident)
            .values(**rows.columns(incident))
            .on_conflict_do_nothing(index_elements=["open_key"])
            .returning(schema.incident.c.id)
        )
        new = self._connection.execute(statement).scalar()
        return None if new is None else replace(incident, id=IncidentId(new))

    def put(self, incident: Incident) -> None:
        where = schema.incident.c.id == incident.id
        self._connection.execute(
            sa.update(schema.incident).where(where).values(**rows.columns(incident))
        )

    def with_key(self, open_key: str) -> Incident | None:
        row = self._one(schema.incident.c.open_key == open_key)
        return None if row is None else rows.value(Incident, row)

    def _one(self, where: sa.ColumnElement[bool]) -> sa.Row[Any] | None:
        statement = sa.select(schema.incident).where(where, *self._visible)
        if self._holding:
            statement = statement.with_for_update(key_share=True)
        return self._connection.execute(statement).first()

    def open(self) -> list[Incident]:
        table = schema.incident.c
        statement = (
            sa.select(schema.incident)
            .where(table.status != Status.RESOLVED, *self._visible)
            .order_by(table.severity_rank, table.opened_at, table.id)
        )
        return [rows.value(Incident, row) for row in self._connection.execute(statement)]

    def newest(self, limit: int) -> list[Incident]:
        statement = (
            sa.select(schema.incident)
            .where(*self._visible)
            .order_by(schema.incident.c.id.desc())
            .limit(limit)
        )
        return [rows.value(Incident, row) for row in self._connection.execute(statement)]

    def resolved_before(
        self, incident_ids: Collection[IncidentId], at: datetime
    ) -> set[IncidentId]:
        table = schema.incident.c
        statement = sa.select(table.id).where(table.id.in_(incident_ids), table.resolved_at < at)
        return {IncidentId(each) for each in self._connection.execute(statement).scalars()}

    def version(self, incident_id: IncidentId) -> tuple[int, int]:
        entries = sa.select(sa.func.max(schema.timeline.c.id)).where(
            schema.timeline.c.incident_id == incident_id
        )
        outputs = (
            sa.select(sa.func.max(schema.output.c.id))
            .join(schema.step_run, schema.step_run.c.id == schema.output.c.step_run_id)
            .where(schema.step_run.c.incident_id == incident_id)
        )
        newest = self._connection.execute(
            sa.select(entries.scalar_subquery(), outputs.scalar_subquery())
        ).one()
        return newest[0] or 0, newest[1] or 0

    def newest_entry(self) -> int:
        newest = self._connection.execute(sa.select(sa.func.max(schema.timeline.c.id))).scalar()
        return newest or 0


class SqlTimeline:
    """Append-only."""

    def __init__(self, connection: sa.Connection, mask: Mask = unmasked) -> None:
        self._connection = connection
        self._mask = mask

    def append(self, entry: Entry) -> Entry:
        self._hold(entry.incident_id)
        last = self._connection.execute(_LAST, {"wanted": entry.incident_id}).first()
        seq, previous = (last[0] + 1, last[1]) if last else (1, ANCHOR)
        sealed = linked(entry, self._mask, seq=seq, previous_sha256=previous)
        self._connection.execute(_APPEND, rows.columns(sealed))
        return sealed

    def _hold(self, incident_id: IncidentId) -> None:
        """Let nobody else append to this incident until we commit. SQLite has one writer.

        This is the lock that `SqlIncidents.get` takes: two could be taken in either order.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(_HOLD_ID, {"wanted": incident_id})

    def of_incident(self, incident_id: IncidentId) -> list[Entry]:
        statement = (
            sa.select(schema.timeline)
            .where(schema.timeline.c.incident_id == incident_id)
            .order_by(schema.timeline.c.seq)
        )
        return [rows.value(Entry, row) for row in self._connection.execute(statement)]

    def of_step_run(self, incident_id: IncidentId, step_run_id: StepRunId) -> list[Entry]:
        asked = {"wanted": incident_id, "about": f'"step_run":{step_run_id}'}
        found = [rows.value(Entry, row) for row in self._connection.execute(_ABOUT, asked)]
        return [entry for entry in found if entry.facts.get("step_run") == step_run_id]


class SqlPostmortems:
    """Drafts, the newest per incident."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, draft: Draft) -> None:
        values = rows.columns(draft, without=())
        statement = rows.insert(self._connection, schema.postmortem).values(**values)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["incident_id"], set_={"at": draft.at, "text": draft.text}
            )
        )

    def get(self, incident_id: IncidentId) -> Draft | None:
        where = schema.postmortem.c.incident_id == incident_id
        row = self._connection.execute(sa.select(schema.postmortem).where(where)).first()
        return None if row is None else rows.value(Draft, row)
