"""The record as a whole: chains of entries, the one of what belongs to no incident, checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tocsin.adapters.db import rows, schema
from tocsin.adapters.db.types import storable
from tocsin.core import checkpoint
from tocsin.core.checkpoint import Checkpoint, Head
from tocsin.core.errors import Invalid
from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.run import Approval, StepRun
from tocsin.core.timeline import ANCHOR, HOUSE, SYSTEM, Entry, EntryKind, seal

_LOCK = 0x70C51  # what writers of the two chains of this module hold on PostgreSQL


Mask = Callable[[Any], Any]
"""Takes secrets out of a text, or out of what is made of texts."""

_EXACT = frozenset({"text", "parameters", "planned"})
"""Facts that are kept to the byte: what was approved, and what must be compared with it."""


def unmasked(held: Any) -> Any:
    """Return it as it is, where no secrets are known."""
    return held


def linked(entry: Entry, mask: Mask, *, seq: int, previous_sha256: str) -> Entry:
    """Return the entry numbered, linked and sealed, as it will be read again.

    What is sealed is what is stored: secrets, and text that no database holds, are replaced
    before.
    """
    facts = {name: each if name in _EXACT else mask(each) for name, each in entry.facts.items()}
    entry = replace(
        entry,
        seq=seq,
        previous_sha256=previous_sha256,
        at=entry.at.astimezone(UTC),
        actor=storable(entry.actor),
        text=storable(mask(entry.text)),
        facts=storable(facts),
    )
    return replace(entry, sha256=seal(entry))


class SqlAudit:
    """The record as a whole."""

    def __init__(self, connection: sa.Connection, mask: Mask = unmasked) -> None:
        self._connection = connection
        self._mask = mask

    def note(
        self,
        kind: EntryKind,
        text: str,
        *,
        at: datetime,
        actor: str = SYSTEM,
        facts: Mapping[str, object] | None = None,
    ) -> Entry:
        said = Entry(
            incident_id=HOUSE, seq=0, at=at, actor=actor, kind=kind, text=text, facts=facts or {}
        )
        seq, previous = self._newest(schema.audit)
        sealed = linked(said, self._mask, seq=seq + 1, previous_sha256=previous)
        values = rows.columns(sealed, without=("incident_id",))
        self._connection.execute(sa.insert(schema.audit), values)
        return sealed

    def _newest(self, table: sa.Table) -> tuple[int, str]:
        """Return number and hash of the last row, and let nobody else write until we commit."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        newest = sa.select(table.c.seq, table.c.sha256).order_by(table.c.seq.desc()).limit(1)
        row = self._connection.execute(newest).first()
        return (row[0], row[1]) if row else (0, ANCHOR)

    def chain(self, of: IncidentId, *, after: int = 0) -> list[Entry]:
        table = schema.audit if of == HOUSE else schema.timeline
        statement = sa.select(table).where(table.c.seq > after).order_by(table.c.seq)
        if of != HOUSE:
            statement = statement.where(table.c.incident_id == of)
        return [
            Entry(**{"incident_id": HOUSE, **row})
            for row in self._readable(statement, without=("id",))
        ]

    def lengths(self) -> Mapping[IncidentId, int]:
        table = schema.timeline.c
        question = sa.select(table.incident_id, sa.func.max(table.seq)).group_by(table.incident_id)
        found = {IncidentId(of): seq for of, seq in self._connection.execute(question)}
        newest = self._connection.execute(sa.select(sa.func.max(schema.audit.c.seq))).scalar()
        return {HOUSE: newest, **found} if newest else found

    def incidents(self) -> Set[IncidentId]:
        found = self._connection.execute(sa.select(schema.incident.c.id)).scalars()
        return {IncidentId(each) for each in found}

    def step_runs(self, incident_id: IncidentId) -> list[StepRun]:
        table = schema.step_run
        statement = sa.select(table).where(table.c.incident_id == incident_id).order_by(table.c.id)
        return [StepRun(**row) for row in self._readable(statement)]

    def approvals(self, incident_id: IncidentId) -> list[Approval]:
        table, runs = schema.approval, schema.step_run.c
        statement = (
            sa.select(table)
            .join(schema.step_run, runs.id == table.c.step_run_id)
            .where(runs.incident_id == incident_id)
            .order_by(table.c.id)
        )
        return [Approval(**row) for row in self._readable(statement, without=("id",))]

    def outputs(self, incident_id: IncidentId) -> Mapping[tuple[StepRunId, int], str]:
        table, runs = schema.output.c, schema.step_run.c
        statement = (
            sa.select(table.step_run_id, table.attempt, table.host, table.text)
            .join(schema.step_run, runs.id == table.step_run_id)
            .where(runs.incident_id == incident_id)
            .order_by(table.id)
        )
        pieces: dict[tuple[StepRunId, int], list[tuple[str, str]]] = {}
        for step_run_id, attempt, host, text in self._connection.execute(statement):
            pieces.setdefault((StepRunId(step_run_id), attempt), []).append((host, text))
        return {key: rows.joined(said) for key, said in pieces.items()}

    def checkpoints(self, *, after: int = 0) -> list[Checkpoint]:
        table = schema.checkpoint
        statement = sa.select(table).where(table.c.seq > after).order_by(table.c.seq)
        return [Checkpoint(**row) for row in self._readable(statement)]

    def add_checkpoint(self, heads: Sequence[Head], *, at: datetime) -> Checkpoint:
        seq, previous = self._newest(schema.checkpoint)
        said = Checkpoint(
            seq=seq + 1, at=at.astimezone(UTC), heads=tuple(heads), previous_sha256=previous
        )
        sealed = replace(said, sha256=checkpoint.seal(said))
        values = rows.columns(sealed, without=())
        self._connection.execute(sa.insert(schema.checkpoint), values)
        return sealed

    def _readable(
        self, statement: sa.Select[Any], *, without: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Return the rows by name; a value that nobody of us wrote is a problem, no defect."""
        try:
            found = list(self._connection.execute(statement).mappings())
        except (ValueError, TypeError) as error:
            raise Invalid("audit.unreadable", f"A row of the record is damaged: {error}.") from None
        return [{name: row[name] for name in row if name not in without} for row in found]
