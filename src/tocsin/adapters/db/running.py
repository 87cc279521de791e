"""Step runs, their outputs and their approvals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from tocsin.adapters.db import rows, schema
from tocsin.adapters.db.incidents import visible
from tocsin.core.errors import NotFound
from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.incident import Binding
from tocsin.core.risk import Risk
from tocsin.core.run import Approval, HostRun, RunState, StepRun

_EARLIER = 20  # approvals of the same step that are looked through
LEASE = timedelta(seconds=30)
"""A process that has not said it is alive for this long is taken for dead (PostgreSQL)."""


class SqlStepRuns:
    """What is run, approved and ticked for incidents."""

    def __init__(
        self, connection: sa.Connection, *, holding: bool, seen: frozenset[str] | None = None
    ) -> None:
        self._connection = connection
        self._holding = holding
        self._visible = visible(seen)

    def add(self, step_runs: Sequence[StepRun]) -> list[StepRun]:
        return [self._add(step_run) for step_run in step_runs]

    def _add(self, step_run: StepRun) -> StepRun:
        statement = sa.insert(schema.step_run).values(**rows.columns(step_run))
        new = self._connection.execute(statement.returning(schema.step_run.c.id)).scalar_one()
        return replace(step_run, id=StepRunId(new))

    def get(self, step_run_id: StepRunId) -> StepRun:
        statement = sa.select(schema.step_run).where(
            schema.step_run.c.id == step_run_id, *self._of_what_is_seen()
        )
        if self._holding:
            statement = statement.with_for_update(key_share=True)
        row = self._connection.execute(statement).first()
        if row is None:
            raise NotFound("run", f"There is no step run {step_run_id}.")
        return rows.value(StepRun, row)

    def _of_what_is_seen(self) -> tuple[sa.ColumnElement[bool], ...]:
        if not self._visible:
            return ()
        incidents = sa.select(schema.incident.c.id).where(*self._visible)
        return (schema.step_run.c.incident_id.in_(incidents),)

    def put(self, step_run: StepRun) -> None:
        where = schema.step_run.c.id == step_run.id
        self._connection.execute(
            sa.update(schema.step_run).where(where).values(**rows.columns(step_run))
        )

    def of_incident(self, incident_id: IncidentId) -> list[StepRun]:
        table = schema.step_run.c
        statement = (
            sa.select(schema.step_run)
            .where(table.incident_id == incident_id)
            .order_by(table.position, table.id)
        )
        return [rows.value(StepRun, row) for row in self._connection.execute(statement)]

    def started(self, node: str, *, now: datetime) -> list[StepRun]:
        table = schema.step_run.c
        statement = sa.select(schema.step_run).where(table.state == RunState.STARTED)
        if self._connection.dialect.name == "postgresql":
            nodes = schema.node.c
            alive = sa.select(nodes.node).where(nodes.beat_at > sa.func.now() - LEASE)
            statement = statement.where(
                sa.or_(table.node == node, table.node.not_in(alive))
            ).with_for_update(skip_locked=True)
        return [rows.value(StepRun, row) for row in self._connection.execute(statement)]

    def begin_on(self, host_run: HostRun) -> bool:
        statement = rows.insert(self._connection, schema.host_run).values(**rows.columns(host_run))
        begun = statement.on_conflict_do_nothing().returning(schema.host_run.c.host)
        return self._connection.execute(begun).first() is not None

    def end_on(self, host_run: HostRun) -> None:
        table = schema.host_run.c
        where = (
            table.step_run_id == host_run.step_run_id,
            table.attempt == host_run.attempt,
            table.host == host_run.host,
            table.state.in_((RunState.STARTED, RunState.UNKNOWN)),
        )
        statement = sa.update(schema.host_run).where(*where).values(**rows.columns(host_run))
        self._connection.execute(statement)

    def host_runs(self, step_run_id: StepRunId) -> list[HostRun]:
        return self._newest_host_runs(schema.host_run.c.step_run_id == step_run_id)

    def all_host_runs(self, incident_id: IncidentId) -> Mapping[StepRunId, list[HostRun]]:
        runs = schema.step_run.c
        own = sa.select(runs.id).where(runs.incident_id == incident_id)
        found: dict[StepRunId, list[HostRun]] = {}
        for each in self._newest_host_runs(schema.host_run.c.step_run_id.in_(own)):
            found.setdefault(each.step_run_id, []).append(each)
        return found

    def _newest_host_runs(self, where: sa.ColumnElement[bool]) -> list[HostRun]:
        table = schema.host_run.c
        order = (table.attempt, table.started_at, table.host)
        statement = sa.select(schema.host_run).where(where).order_by(*order)
        found = (rows.value(HostRun, row) for row in self._connection.execute(statement))
        return list({(each.step_run_id, each.host): each for each in found}.values())

    def append_output(
        self, step_run_id: StepRunId, attempt: int, text: str, *, host: str = ""
    ) -> None:
        values = {"step_run_id": step_run_id, "attempt": attempt, "host": host, "text": text}
        self._connection.execute(sa.insert(schema.output), values)

    def output(self, step_run_id: StepRunId) -> str:
        table = schema.output.c
        newest = sa.select(sa.func.max(table.attempt)).where(table.step_run_id == step_run_id)
        statement = (
            sa.select(table.host, table.text)
            .where(table.step_run_id == step_run_id, table.attempt == newest.scalar_subquery())
            .order_by(table.id)
        )
        return rows.joined((row.host, row.text) for row in self._connection.execute(statement))

    def outputs(self, incident_id: IncidentId) -> Mapping[StepRunId, str]:
        table, runs = schema.output.c, schema.step_run.c
        statement = (
            sa.select(table.step_run_id, table.host, table.text)
            .join(schema.step_run, runs.id == table.step_run_id)
            .where(runs.incident_id == incident_id, table.attempt == runs.attempt)
            .order_by(table.id)
        )
        pieces: dict[StepRunId, list[tuple[str, str]]] = {}
        for step_run_id, host, text in self._connection.execute(statement):
            pieces.setdefault(StepRunId(step_run_id), []).append((host, text))
        return {step_run_id: rows.joined(said) for step_run_id, said in pieces.items()}

    def approve(self, approval: Approval) -> None:
        self._connection.execute(sa.insert(schema.approval), rows.columns(approval))

    def approvals(self, step_run_id: StepRunId) -> list[Approval]:
        table = schema.approval.c
        statement = (
            sa.select(schema.approval)
            .where(table.step_run_id == step_run_id)
            .order_by(table.id.desc())
        )
        return [rows.value(Approval, row) for row in self._connection.execute(statement)]

    def use_approval(self, approval: Approval, *, at: datetime) -> bool:
        table = schema.approval.c
        statement = (
            sa.update(schema.approval)
            .where(
                table.step_run_id == approval.step_run_id,
                table.at == approval.at,
                table.by == approval.by,
                table.fingerprint == approval.fingerprint,
                table.used_at.is_(None),
            )
            .values(used_at=at)
            .returning(table.id)
        )
        return self._connection.execute(statement).first() is not None

    def spend_approvals(self, *, at: datetime) -> int:
        table = schema.approval.c
        statement = sa.update(schema.approval).where(table.used_at.is_(None)).values(used_at=at)
        return len(self._connection.execute(statement.returning(table.id)).all())

    def approved_before(self, step_run: StepRun) -> list[tuple[Approval, StepRun, Binding | None]]:
        given, runs, incidents = schema.approval, schema.step_run, schema.incident
        statement = (
            sa.select(given, incidents.c.binding)
            .join(runs, runs.c.id == given.c.step_run_id)
            .join(incidents, incidents.c.id == runs.c.incident_id)
            .where(
                runs.c.step_title == step_run.step_title,
                runs.c.label == step_run.label,
                given.c.used_at.is_not(None),
                *self._visible,
            )
            .order_by(given.c.id.desc())
            .limit(_EARLIER)
        )
        found = [
            (rows.value(Approval, row), row._mapping["binding"])
            for row in self._connection.execute(statement).all()
        ]
        return [(each, self.get(each.step_run_id), binding) for each, binding in found]

    def changes_since(self, at: datetime) -> list[StepRun]:
        table = schema.step_run.c
        statement = (
            sa.select(schema.step_run)
            .where(table.started_at >= at, table.risk != Risk.READ)
            .order_by(table.started_at.desc())
        )
        return [rows.value(StepRun, row) for row in self._connection.execute(statement)]
