"""Whoever touches the record is found out: every field, every row, every cut."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from drill import Drill
from tocsin.adapters.db import schema
from tocsin.core import checkpoint, timeline
from tocsin.core.checkpoint import Checkpoint
from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.timeline import ANCHOR, HOUSE, EntryKind
from tocsin.records.checkpoints import Covered, take
from tocsin.records.rows import rows_of, wrong_rows
from tocsin.records.verify import Verdict, verify

CHAINS = (schema.timeline, schema.audit)
ROWS = (*CHAINS, schema.checkpoint, schema.step_run, schema.approval, schema.output)
MEANINGLESS = {("tocsin_timeline", "id"), ("tocsin_approval", "id"), ("tocsin_output", "id")}
"""Numbers of rows, which say nothing: what a row is of stands in other columns."""
HASTE = "PRAGMA synchronous=OFF"

Row = dict[str, Any]


class Story:
    """A small record with everything in it, and the checkpoints that were sent out."""

    def __init__(self, drill: Drill) -> None:
        self.drill = drill
        self.engine = sa.create_engine(drill.engine.url)  # one that enforces no foreign keys
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", lambda raw, _: raw.execute(HASTE))
        self.covered = Covered()
        self.sent: list[Checkpoint] = []
        self.house("logged in")
        drill.alert()
        self.checkpoint()
        drill.fast_forward(timedelta(seconds=30))
        drill.approve(drill.step_run("Restart the payment worker"), by="grace")
        self.house("made an approver")
        drill.alert("SearchSlow", starts_at="2026-01-05T02:59:00Z")
        self.checkpoint()

    def house(self, text: str) -> None:
        with self.drill.store.begin() as tx:
            tx.audit.note(EntryKind.PEOPLE, text, at=self.drill.clock, actor="ada")

    def checkpoint(self) -> None:
        with self.drill.store.begin() as tx:
            taken = take(tx, self.covered, now=self.drill.clock)
        assert taken.checkpoint is not None
        assert not taken.broken
        self.sent.append(taken.checkpoint)

    def verdict(self, *, outside: bool = True) -> Verdict:
        with self.drill.store.look() as tx:
            return verify(tx, self.sent if outside else None)

    def is_seen(self, *, outside: bool = True) -> bool:
        return bool(self.verdict(outside=outside).wrong)

    def rows(self, table: sa.Table) -> list[Row]:
        """Return the rows as they lie in the database, in the order of their keys."""
        keys = ", ".join(column.name for column in table.primary_key)
        with self.engine.connect() as connection:
            found = connection.execute(sa.text(f"SELECT * FROM {table.name} ORDER BY {keys}"))
            return [dict(row) for row in found.mappings()]

    def delete(self, connection: sa.Connection, table: sa.Table, row: Row) -> None:
        connection.execute(sa.text(f"DELETE FROM {table.name} WHERE {_key(table)}"), row)

    def insert(self, connection: sa.Connection, table: sa.Table, row: Row) -> None:
        names = ", ".join(f'"{name}"' for name in row)
        values = ", ".join(f":{name}" for name in row)
        connection.execute(sa.text(f"INSERT INTO {table.name} ({names}) VALUES ({values})"), row)

    @contextmanager
    def exchanged(self, table: sa.Table, old: list[Row], new: list[Row]) -> Iterator[None]:
        """Put other rows in the place of some; put them back in the end."""
        for gone, come in ((old, new), (new, old)):
            with self.engine.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
                for row in gone:
                    self.delete(connection, table, row)
                for row in come:
                    self.insert(connection, table, row)
            if gone is old:
                yield


def _key(table: sa.Table) -> str:
    return " AND ".join(f"{column.name} = :{column.name}" for column in table.primary_key)


def other(value: Any) -> Any:
    """Return another value that the column takes."""
    if value is None:
        return "2026-01-05 03:00:00.000001"
    if isinstance(value, str):
        return value[:-1] + ("1" if value[-1:] == "0" else "0")
    return value + (1000 if isinstance(value, int) else timedelta(microseconds=1))


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """A small record on SQLite."""
    drill = Drill(tmp_path)
    yield Story(drill)
    drill.close()


def test_an_untouched_record_is_whole_and_covered(story: Story) -> None:
    """The ordinary case must not cry wolf."""
    verdict = story.verdict()

    assert verdict.wrong == ()
    assert (verdict.chains, verdict.checkpoints, verdict.uncovered) == (3, 2, 0)
    assert verdict.covered_at == story.drill.clock


@pytest.mark.timeout(120)
def test_every_edit_of_every_field_is_seen(story: Story) -> None:
    """One hundred per cent, not of a sample."""
    tried, missed = 0, []
    for table in ROWS:
        for row, column in itertools.product(story.rows(table), table.c.keys()):
            if (table.name, column) in MEANINGLESS:
                continue
            tried += 1
            is_switch = isinstance(table.c[column].type, sa.Boolean)
            new = not row[column] if is_switch else other(row[column])
            with story.exchanged(table, [row], [{**row, column: new}]):
                if not story.is_seen(outside=False):
                    missed.append((table.name, column, row[column]))
    assert missed == []
    assert tried > 300
    assert not story.is_seen()


@pytest.mark.parametrize("table", ROWS, ids=lambda table: table.name)
def test_every_deletion_is_seen(story: Story, table: sa.Table) -> None:
    """Of an entry, a checkpoint, a step run, an approval, a piece of output."""
    rows = story.rows(table)
    for row in rows:
        with story.exchanged(table, [row], []):
            assert story.is_seen(), row
    assert rows
    assert not story.is_seen()


@pytest.mark.parametrize("table", CHAINS, ids=lambda table: table.name)
def test_every_swap_is_seen(story: Story, table: sa.Table) -> None:
    """Of what two entries say, whether or not their numbers go with it."""
    place = {"id", "incident_id", "seq"}
    for stays in (place, {*place, "previous_sha256", "sha256"}):
        for one, two in itertools.combinations(story.rows(table), 2):
            swapped = [_with(one, two, stays), _with(two, one, stays)]
            with story.exchanged(table, [one, two], swapped):
                assert story.is_seen(outside=False), (one, two)


def _with(row: Row, other_row: Row, stays: set[str]) -> Row:
    """Return a row that says what another one does, but for what stays."""
    return {name: (row if name in stays else other_row)[name] for name in row}


@pytest.mark.parametrize("table", CHAINS, ids=lambda table: table.name)
def test_every_cut_tail_is_seen(story: Story, table: sa.Table) -> None:
    """What a checkpoint covers cannot be cut off, however little or much of it."""
    rows = story.rows(table)
    for upto in range(len(rows)):
        with story.exchanged(table, rows[upto:], []):
            assert story.is_seen(outside=False)


def test_a_cut_tail_of_checkpoints_is_seen_with_those_that_were_sent_out(story: Story) -> None:
    """And only with them: in the database nothing stands on the newest."""
    *_, newest = story.rows(schema.checkpoint)

    with story.exchanged(schema.checkpoint, [newest], []):
        assert not story.is_seen(outside=False)
        (wrong,) = story.verdict().wrong
    assert wrong.said == "Checkpoint 2 was sent out and is no longer in the database."


def test_a_whole_incident_that_is_gone_is_seen(story: Story) -> None:
    """With its entries, its step runs and itself."""
    tables = (schema.timeline, schema.step_run, schema.incident)
    removed = {
        table: [row for row in story.rows(table) if row.get("incident_id", row["id"]) == 2]
        for table in tables
    }
    with (
        story.exchanged(schema.timeline, removed[schema.timeline], []),
        story.exchanged(schema.step_run, removed[schema.step_run], []),
        story.exchanged(schema.incident, removed[schema.incident], []),
    ):
        said = [f"{each.where}: {each.said}" for each in story.verdict(outside=False).wrong]
    assert "Incident 2: The incident itself is gone." in said
    assert any("which a checkpoint covers, is gone" in each for each in said)


def rewritten(story: Story) -> None:
    """Change the first entry of incident 1 and make every hash after it fit."""
    with story.drill.store.look() as tx:
        entries, house = tx.audit.chain(IncidentId(1)), tx.audit.chain(HOUSE)
        others = tx.audit.chain(IncidentId(2))
    previous, heads = ANCHOR, {HOUSE: house, 2: others}
    heads[1] = []
    for entry in [replace(entries[0], text="nothing happened"), *entries[1:]]:
        linked = replace(entry, previous_sha256=previous)
        heads[1].append(replace(linked, sha256=timeline.seal(linked)))
        previous = heads[1][-1].sha256
    with story.drill.engine.begin() as connection:
        for entry in heads[1]:
            where = (schema.timeline.c.incident_id == 1) & (schema.timeline.c.seq == entry.seq)
            values = {
                "text": entry.text,
                "previous_sha256": entry.previous_sha256,
                "sha256": entry.sha256,
            }
            connection.execute(sa.update(schema.timeline).where(where).values(**values))
        previous = ANCHOR
        for sent in story.sent:
            new = tuple(
                replace(head, sha256=heads[head.chain][head.seq - 1].sha256) for head in sent.heads
            )
            made = replace(sent, heads=new, previous_sha256=previous)
            previous = checkpoint.seal(made)
            values = {"heads": new, "previous_sha256": made.previous_sha256, "sha256": previous}
            where = schema.checkpoint.c.seq == sent.seq
            connection.execute(sa.update(schema.checkpoint).where(where).values(**values))


def test_a_record_rewritten_as_a_whole_is_seen_only_from_outside(story: Story) -> None:
    """Who can write the database can compute hashes. What was sent out is out of reach."""
    rewritten(story)

    assert not story.is_seen(outside=False)
    said = {each.said for each in story.verdict().wrong}
    assert "Checkpoint 1 is not the one that was sent out." in said


def test_what_no_checkpoint_covers_is_counted(story: Story) -> None:
    """A tail that is cut before it was covered leaves no trace: so say how long it is."""
    story.house("logged in")
    story.house("logged out")

    verdict = story.verdict()

    assert verdict.wrong == ()
    assert verdict.uncovered == 2


def test_only_what_was_sent_out_counts_where_there_is_an_outside(story: Story) -> None:
    """A checkpoint that lies beside the rows it covers proves nothing to a stranger."""
    last = story.sent.pop()

    verdict = story.verdict()

    assert verdict.wrong == ()
    assert verdict.uncovered > 0
    assert verdict.covered_at is not None
    assert verdict.covered_at < last.at


def test_a_checkpoint_does_not_cover_what_was_tampered_with(story: Story) -> None:
    """Else the next checkpoint would vouch for it."""
    story.house("logged in")
    (*_, newest) = story.rows(schema.audit)
    with (
        story.exchanged(schema.audit, [newest], [{**newest, "actor": "eve"}]),
        story.drill.store.begin() as tx,
    ):
        taken = take(tx, story.covered, now=story.drill.clock)
    assert taken.checkpoint is None
    assert taken.broken == ("Of no incident: Entry 3 is not what was written.",)


def test_a_chain_cut_behind_our_back_is_told_of_with_the_next_checkpoint(story: Story) -> None:
    """Nobody needs to ask for it."""
    rows = [row for row in story.rows(schema.timeline) if row["incident_id"] == 1]
    for cut, said in (
        (rows[-1:], "Incident 1: It ends before entry 15, which a checkpoint covers."),
        (rows, "Incident 1: all entries are gone."),
    ):
        with story.exchanged(schema.timeline, cut, []), story.drill.store.begin() as tx:
            assert take(tx, story.covered, now=story.drill.clock).broken == (said,)


def test_nothing_new_makes_no_checkpoint(story: Story) -> None:
    """A quiet night leaves a quiet file."""
    with story.drill.store.begin() as tx:
        assert take(tx, Covered(), now=story.drill.clock).checkpoint is None


@pytest.mark.postgres
def test_on_postgres_the_same_is_seen(tmp_path: Path, postgres_database: str) -> None:
    """The database keeps times and texts its own way; a few of each kind are enough."""
    drill = Drill(tmp_path, url=postgres_database)
    story = Story(drill)
    assert not story.is_seen()
    for table, column in [
        (schema.timeline, "text"),
        (schema.timeline, "at"),
        (schema.timeline, "facts"),
        (schema.audit, "actor"),
        (schema.checkpoint, "at"),
        (schema.step_run, "command"),
        (schema.approval, "expires_at"),
        (schema.output, "text"),
    ]:
        row = story.rows(table)[-1]
        for new in ([{**row, column: other(row[column])}], []):
            with story.exchanged(table, [row], new):
                assert story.is_seen(), (table.name, column)
    assert not story.is_seen()
    story.engine.dispose()
    drill.close()


def test_a_run_that_an_older_release_planned_is_no_stranger(story: Story) -> None:
    """Its plan has no facts: an incident open during the upgrade must not look tampered with."""
    incident = story.drill.step_run("Restart the payment worker").incident_id
    with story.drill.store.look() as tx:
        rows, entries = rows_of(tx, incident), tx.audit.chain(incident)
    older = [each for each in entries if "planned" not in each.facts]

    assert list(wrong_rows(older, rows)) == []

    stranger = replace(rows.step_runs[0], id=StepRunId(99))
    told = list(wrong_rows(entries, replace(rows, step_runs=(*rows.step_runs, stranger))))
    assert told == ["Step run 99 was never planned."]
