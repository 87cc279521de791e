"""What the store says when its database is locked, full, read-only or gone."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from servers import database, free_port
from shelf import INCIDENT, Shelf
from tocsin.adapters.db import schema, store
from tocsin.adapters.db.store import SqlStore, connect
from tocsin.core.errors import Unavailable


def refused(shelf: Shelf) -> str:
    """Return the code of the problem that a write meets."""
    with pytest.raises(Unavailable) as problem, shelf.store.begin() as tx:
        tx.incidents.add(INCIDENT)
    assert problem.value.hint
    return problem.value.code


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database in a file."""
    path = tmp_path / "tocsin.db"
    engine = connect(f"sqlite:///{path}")
    schema.metadata.create_all(engine)
    engine.dispose()
    return path


def on_file(path: Path, rest: str = "") -> Shelf:
    """Return a store on the file."""
    return Shelf(connect(f"sqlite:///{path}{rest}"))


@pytest.mark.timeout(4)  # less than the patience that everybody else has
def test_what_is_not_worth_waiting_for_does_not_wait(file: Path) -> None:
    """A page is shown at once, though when its token was last used cannot be written."""
    shelf = on_file(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as problem, shelf.store.begin_at_once():
            pytest.fail("it began")
        other.execute("ROLLBACK")
    assert problem.value.code == "store.locked"

    with shelf.store.begin(), pytest.raises(Unavailable), shelf.store.begin_at_once():
        pytest.fail("it began while another thread writes")
    with shelf.store.begin_at_once() as tx:
        tx.incidents.add(INCIDENT)
    assert len(shelf.tell(lambda tx: tx.incidents.open())) == 1
    shelf.engine.dispose()


def test_a_file_that_another_process_writes_is_locked(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said after the patience, never waited for without end; looking goes on meanwhile."""
    monkeypatch.setattr(store, "_BUSY_TIMEOUT_MS", 200)
    shelf = on_file(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert refused(shelf) == "store.locked"
        assert shelf.tell(lambda tx: tx.incidents.open()) == []
        other.execute("ROLLBACK")

    assert shelf.incident().id
    shelf.engine.dispose()


def test_a_file_that_cannot_be_written_is_read_only_and_is_still_read(file: Path) -> None:
    """So that what is due already still goes out."""
    shelf = on_file(file)
    shelf.incident()
    shelf.engine.dispose()
    reading = Shelf(sa.create_engine(f"sqlite:///file:{file}?mode=ro&uri=true"))
    sa.event.listen(reading.engine, "begin", store._begin_sqlite)

    assert refused(reading) == "store.read_only"
    assert len(reading.tell(lambda tx: tx.incidents.open())) == 1
    reading.engine.dispose()


def test_a_full_disk_is_said_to_be_full_and_nothing_half_is_kept(file: Path) -> None:
    """SQLite's own limit stands in for the disk's."""
    shelf = on_file(file)

    @sa.event.listens_for(shelf.engine, "connect")
    def _limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # as many as there are

    with pytest.raises(Unavailable) as problem, shelf.store.begin() as tx:
        tx.incidents.add(INCIDENT)
        tx.events.add("am", b"x" * 1_000_000, at=INCIDENT.opened_at, notes=[])

    assert problem.value.code == "store.full"
    assert shelf.tell(lambda tx: tx.incidents.open()) == []
    shelf.engine.dispose()


def test_a_folder_that_is_gone_makes_the_store_unavailable(tmp_path: Path) -> None:
    """In the database's own words."""
    shelf = on_file(tmp_path / "gone" / "tocsin.db")

    assert refused(shelf) == "store.unavailable"
    with pytest.raises(Unavailable, match="unable to open"), shelf.store.look():
        pass


def test_a_file_that_is_no_database_makes_the_store_unavailable(tmp_path: Path) -> None:
    """Somebody's notes are not overwritten either."""
    notes = tmp_path / "tocsin.db"
    notes.write_text("these are notes " * 100)

    shelf = on_file(notes)

    assert refused(shelf) == "store.unavailable"
    shelf.engine.dispose()
    assert notes.read_text() == "these are notes " * 100


@pytest.mark.postgres
def test_a_read_only_server_is_read_only_and_is_still_read(postgres_database: str) -> None:
    """A standby that was not promoted, for instance."""
    shelf = Shelf(connect(postgres_database))
    schema.metadata.create_all(shelf.engine)
    shelf.engine.dispose()
    name = postgres_database.rpartition("/")[2]
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')

    assert refused(shelf) == "store.read_only"
    assert shelf.tell(lambda tx: tx.incidents.open()) == []
    shelf.engine.dispose()


@pytest.mark.postgres
def test_a_server_that_drops_its_clients_is_unavailable_once(postgres_cluster: str) -> None:
    """The transaction under way is lost and says so; the next one connects anew."""
    with database(postgres_cluster) as address:
        shelf = Shelf(connect(address))
        schema.metadata.create_all(shelf.engine)
        with pytest.raises(Unavailable) as problem, shelf.store.begin() as tx:
            tx.incidents.add(INCIDENT)
            with psycopg.connect(postgres_cluster, autocommit=True) as boss:
                boss.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    (address.rpartition("/")[2],),
                )
            tx.incidents.open()

        assert problem.value.code == "store.unavailable"
        assert shelf.tell(lambda tx: tx.incidents.open()) == []
        assert shelf.incident().id
        shelf.engine.dispose()


@pytest.mark.postgres
def test_a_table_that_somebody_locks_is_locked(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said after the patience: a sender that waits for ever never sends again."""
    monkeypatch.setattr(store, "_LOCK_TIMEOUT_MS", 200)
    shelf = Shelf(connect(postgres_database))
    schema.metadata.create_all(shelf.engine)
    with psycopg.connect(postgres_database) as other:
        other.execute("LOCK TABLE tocsin_incident IN EXCLUSIVE MODE")
        assert refused(shelf) == "store.locked"
        assert shelf.tell(lambda tx: tx.incidents.open()) == []

    assert shelf.incident().id
    shelf.engine.dispose()


@pytest.mark.postgres
def test_a_process_that_hangs_in_a_transaction_loses_it(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an incident that a stopped node holds could be paged for by nobody."""
    monkeypatch.setattr(store, "_IDLE_TIMEOUT_MS", 300)
    shelf = Shelf(connect(postgres_database))
    schema.metadata.create_all(shelf.engine)
    incident = shelf.incident()
    with pytest.raises(Unavailable), shelf.store.begin() as hanging:
        hanging.incidents.put(replace(incident, title="half"))
        with shelf.store.begin() as tx:
            tx.incidents.put(replace(tx.incidents.get(incident.id), title="whole"))
        hanging.incidents.open()

    assert shelf.tell(lambda tx: tx.incidents.get(incident.id)).title == "whole"
    shelf.engine.dispose()


@pytest.mark.postgres
def test_two_that_wait_for_each_other_are_parted(postgres_database: str) -> None:
    """The server ends one of them, which is told to try again; the other goes on."""
    shelf = Shelf(connect(postgres_database))
    schema.metadata.create_all(shelf.engine)
    one, two = shelf.incident(), shelf.incident(open_key="two")
    ended: list[str] = []

    def cross(first: int, second: int) -> None:
        try:
            with shelf.store.begin() as tx:
                tx.incidents.get(first)
                line.wait(10)
                tx.incidents.get(second)
            ended.append("")
        except Unavailable as problem:
            ended.append(problem.code)

    line = threading.Barrier(2)
    threads = [
        threading.Thread(target=cross, args=pair) for pair in ((one.id, two.id), (two.id, one.id))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(ended) == ["", "store.locked"]
    shelf.engine.dispose()


def test_nobody_listens_at_the_address() -> None:
    """The password in the address is not repeated."""
    engine = connect(f"postgresql://ada:hunter2@127.0.0.1:{free_port()}/tocsin")

    with pytest.raises(Unavailable) as problem, SqlStore(engine).look():
        pass

    assert problem.value.code == "store.unavailable"
    assert "hunter2" not in str(problem.value)
