"""Step runs, their outputs and their approvals.

What every step asks is built once: building a statement takes longer than SQLite needs for it.
"""

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

_GET = sa.select(schema.step_run).where(schema.step_run.c.id == sa.bindparam("wanted"))
_HOLD = _GET.with_for_update(key_share=True)
_PUT = (
    sa.update(schema.step_run)
    .where(schema.step_run.c.id == sa.bindparam("wanted"))
    .returning(schema.step_run)
)
_NEWEST = (
    sa.select(sa.func.max(schema.output.c.attempt))
    .where(schema.output.c.step_run_id == sa.bindparam("wanted"))
    .scalar_subquery()
)
_OUTPUT = (
    sa.select(schema.output.c.host, schema.output.c.text)
    .where(
        schema.output.c.step_run_id == sa.bindparam("wanted"), schema.output.c.attempt == _NEWEST
    )
    .order_by(schema.output.c.id)
)
_APPEND = sa.insert(schema.output)
_APPROVALS = (
    sa.select(schema.approval)
    .where(schema.approval.c.step_run_id == sa.bindparam("wanted"))
    .order_by(schema.approval.c.id.desc())
)
_USE = (
    sa.update(schema.approval)
    .where(
        schema.approval.c.step_run_id == sa.bindparam("of"),
        schema.approval.c.at == sa.bindparam("given_at"),
        schema.approval.c.by == sa.bindparam("given_by"),
        schema.approval.c.fingerprint == sa.bindparam("given_for"),
        schema.approval.c.used_at.is_(None),
    )
    .returning(schema.approval.c.id)
)


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
        statement = _HOLD if self._holding else _GET
        if self._visible:
            statement = statement.where(*self._of_what_is_seen())
        row = self._connection.execute(statement, {"wanted": step_run_id}).first()
        if row is None:
            raise NotFound("run", f"There is no step run {step_run_id}.")
        return rows.value(StepRun, row)

    def _of_what_is_seen(self) -> tuple[sa.ColumnElement[bool], ...]:
        incidents = sa.select(schema.incident.c.id).where(*self._visible)
        return (schema.step_run.c.incident_id.in_(incidents),)

    def put(self, step_run: StepRun) -> StepRun:
        values = {"wanted": step_run.id, **rows.columns(step_run)}
        return rows.value(StepRun, self._connection.execute(_PUT, values).one())

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
        self._connection.execute(_APPEND, values)

    def output(self, step_run_id: StepRunId) -> str:
        pieces = self._connection.execute(_OUTPUT, {"wanted": step_run_id})
        return rows.joined((row.host, row.text) for row in pieces)

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
        given = self._connection.execute(_APPROVALS, {"wanted": step_run_id})
        return [rows.value(Approval, row) for row in given]

    def use_approval(self, approval: Approval, *, at: datetime) -> bool:
        values = {
            "of": approval.step_run_id,
            "given_at": approval.at,
            "given_by": approval.by,
            "given_for": approval.fingerprint,
            "used_at": at,
        }
        return self._connection.execute(_USE, values).first() is not None

    def spend_approvals(self, *, at: datetime, of: StepRunId | None = None) -> list[Approval]:
        table = schema.approval.c
        standing = (table.used_at.is_(None), table.expires_at > at)
        own = () if of is None else (table.step_run_id == of,)
        statement = sa.update(schema.approval).where(*standing, *own).values(used_at=at)
        spent = self._connection.execute(statement.returning(schema.approval))
        return [rows.value(Approval, row) for row in spent]

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
                given.c.attempt <= runs.c.attempt,  # it was started; else it was only spent
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
