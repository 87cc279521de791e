"""`tocsin doctor`: says what works, names the cure of what does not, and changes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from servers import Machines, free_port
from tocsin import settings
from tocsin.adapters.db import trial
from tocsin.adapters.db.store import SqlStore
from tocsin.bootstrap.database import hold_alone, open_database
from tocsin.bootstrap.doctor import Diagnosis, examine
from tocsin.core.rights import Grant, Role
from tocsin.core.timeline import EntryKind
from tocsin.core.workspace import Reads, Target, TargetKind, Workspace
from tocsin.people import admit
from users import let_in


def workspace_in(folder: Path, url: str = "") -> Workspace:
    data = folder / ".tocsin"
    starter = settings.read(settings.STARTER, file="tocsin.toml", directory=str(folder))
    database = url or f"sqlite:///{data / 'tocsin.db'}"
    return replace(starter, data_directory=str(data), database=database)


def database(workspace: Workspace) -> Diagnosis:
    return next(each for each in examine(workspace) if each.what == "database")


def test_before_the_first_start_there_is_no_database_and_none_is_made(tmp_path: Path) -> None:
    """That is no fault; and whoever only looks, leaves nothing behind."""
    found = database(workspace_in(tmp_path))

    assert found.works and "the first `tocsin serve` makes" in found.said
    assert list(tmp_path.iterdir()) == []


def test_a_database_in_use_works_and_stays_as_it_is(tmp_path: Path) -> None:
    """Doctor is asked in the middle of an incident, beside the server."""
    workspace = workspace_in(tmp_path)
    lock = hold_alone(workspace)
    engine = open_database(workspace)
    with engine.connect() as connection:
        before = list(connection.connection.iterdump())  # type: ignore[attr-defined]

        found = database(workspace)

        assert found.works and "can be written; schema 0002" in found.said
        assert list(connection.connection.iterdump()) == before  # type: ignore[attr-defined]
    engine.dispose()
    assert lock is not None
    lock.close()


@pytest.mark.parametrize(("version", "works"), [("0000", True), ("9999", False)])
def test_another_schema_is_said_and_left(tmp_path: Path, version: str, works: bool) -> None:
    """An older one is brought up by the server, a newer one needs another program."""
    workspace = workspace_in(tmp_path)
    engine = open_database(workspace)
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{version}'"))
    engine.dispose()

    found = database(workspace)

    assert found.works is works and version in found.said
    with closing(sqlite3.connect(tmp_path / ".tocsin" / "tocsin.db")) as file:
        assert file.execute("SELECT version_num FROM alembic_version").fetchall() == [(version,)]
        assert "tocsin_doctor" not in str(file.execute("SELECT name FROM sqlite_master").fetchall())


def test_who_holds_a_locked_database_can_be_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hint is a command that can be typed."""
    monkeypatch.setattr(trial, "_PATIENCE_S", 0.2)
    workspace = workspace_in(tmp_path)
    open_database(workspace).dispose()
    path = tmp_path / ".tocsin" / "tocsin.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        found = database(workspace)

    assert not found.works
    assert found.said == "Another process holds the database."
    assert f"fuser -v {path}" in found.hint


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """Somebody's notes are not overwritten either."""
    workspace = workspace_in(tmp_path)
    path = tmp_path / ".tocsin" / "tocsin.db"
    path.parent.mkdir()
    path.write_text("these are notes " * 100)

    found = database(workspace)

    assert not found.works and str(path) in found.hint
    assert path.read_text() == "these are notes " * 100


@pytest.mark.parametrize(
    "url", ["nonsense", "postgresql://h:port/x", "mysql://h/x", "sqlite:////dev/null/t.db"]
)
def test_an_address_that_makes_no_sense_is_a_diagnosis(tmp_path: Path, url: str) -> None:
    """Whatever is wrong with one part, the others are still looked at."""
    found = list(examine(workspace_in(tmp_path, url)))

    assert not found[0].works and found[0].what == "database"
    assert len(found) > 2


def test_a_server_that_is_not_there_is_a_diagnosis(tmp_path: Path) -> None:
    """With what to try; the address may hold a password and is not shown."""
    url = f"postgresql://tocsin:hunter2@127.0.0.1:{free_port()}/tocsin"

    found = database(workspace_in(tmp_path, url))

    assert not found.works and "psql" in found.hint
    assert "hunter2" not in found.said + found.hint


@pytest.mark.postgres
def test_a_server_is_tried_out_and_left_as_it_was(tmp_path: Path, postgres_database: str) -> None:
    """First empty, then with our tables, then read-only."""
    workspace = workspace_in(tmp_path, postgres_database)

    assert "empty" in database(workspace).said
    with psycopg.connect(postgres_database, autocommit=True) as boss:
        tables = boss.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchone() == (0,)
        open_database(workspace).dispose()
        assert "schema 0002" in database(workspace).said
        assert boss.execute("SELECT count(*) FROM tocsin_setting").fetchone() == (0,)
        name = postgres_database.rpartition("/")[2]
        boss.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')

    found = database(workspace)

    assert not found.works and found.said == "The database cannot be written."
    assert "default_transaction_read_only" in found.hint


def test_a_runbook_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The starter names one that nobody has written yet."""
    found = [each for each in examine(workspace_in(tmp_path)) if each.what.startswith("runbook")]

    assert [each.works for each in found] == [False]
    assert found[0].what == "runbook runbook.md"
    assert found[0].said == "The file cannot be read: No such file or directory."
    assert "`runbooks` in tocsin.toml" in found[0].hint


def record(workspace: Workspace) -> Diagnosis:
    return next(each for each in examine(workspace) if each.what == "record")


def test_a_record_that_was_touched_is_named(tmp_path: Path) -> None:
    """Doctor is what people type first when something is odd."""
    workspace = workspace_in(tmp_path)
    assert record(workspace).said == "nothing yet"
    engine = open_database(workspace)
    with SqlStore(engine).begin() as tx:
        tx.audit.note(EntryKind.LOGIN, "logged in", at=datetime(2026, 1, 5, tzinfo=UTC))
    assert record(workspace).said.startswith("1 entries, whole; 1 not covered yet")

    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE tocsin_audit SET actor = 'eve'"))

    found = record(workspace)
    assert not found.works
    assert "Of no incident: Entry 1 is not what was written." in found.said
    engine.dispose()


def test_a_database_that_others_can_read_is_objected_to(tmp_path: Path) -> None:
    """It holds the key that signs links and approvals."""
    workspace = workspace_in(tmp_path)
    open_database(workspace).dispose()
    file = tmp_path / ".tocsin" / "tocsin.db"
    assert record(workspace).works
    file.chmod(0o644)

    found = record(workspace)

    assert not found.works
    assert found.hint == f"chmod 600 {file}"


@pytest.mark.postgres
def test_a_login_that_could_do_more_than_look_is_an_ill(
    tmp_path: Path, postgres_database: str
) -> None:
    """It works, at any hour and unattended: so what it could do is said in the daytime."""
    role = f"look_{postgres_database.rpartition('_')[2]}"
    url = postgres_database.replace("boss@", f"{role}@")
    target = Target(name="db", kind=TargetKind.POSTGRES, url=url)
    workspace = replace(workspace_in(tmp_path), targets=(target,))

    def said() -> Diagnosis:
        return next(each for each in examine(workspace) if each.what == "target db")

    with psycopg.connect(postgres_database, autocommit=True) as boss:
        boss.execute(f"CREATE ROLE {role} LOGIN".encode())
        modest = said()
        boss.execute(f"GRANT pg_signal_backend TO {role}".encode())
        too_much = said()
        boss.execute(f"DROP ROLE {role}".encode())

    assert modest.works
    assert "as every login there it can take advisory locks" in modest.said
    assert "nothing is changed there without a change_url" in modest.said
    assert not too_much.works
    assert "can do more than look: end other people's sessions" in too_much.said
    assert "give-stores-a-login" in too_much.hint


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "ssh answers"),
        ({"change_user": "nobody-at-all"}, "For changing: web1: "),
        ({"hosts": ("web1", "nowhere.invalid")}, "nowhere.invalid: Nothing ran, it cannot be"),
    ],
)
def test_each_machine_is_logged_in_to_for_looking_and_for_changing(
    tmp_path: Path, two_machines: Machines, more: dict[str, object], said: str
) -> None:
    """The login for changing is used seldom, and must not fail when it is."""
    settled: dict[str, object] = {"hosts": ("web1", "web2"), **more}
    web = Target(
        name="web",
        kind=TargetKind.SSH,
        config=str(two_machines.config),
        reads=Reads.LOGIN,
        **settled,  # type: ignore[arg-type]
    )

    found = list(examine(replace(workspace_in(tmp_path), targets=(web,))))

    told = next(each for each in found if each.what == "target web")
    assert told.works is (not more)
    assert said in told.said


def people(workspace: Workspace) -> Diagnosis:
    return next(each for each in examine(workspace) if each.what == "people")


def test_doctor_tells_who_is_paged_and_could_not_respond(tmp_path: Path) -> None:
    """And when nobody could let anybody in: both are found out at night otherwise."""
    workspace = workspace_in(tmp_path)
    assert people(workspace).works and "nobody yet" in people(workspace).said

    engine = open_database(workspace)
    store, now = SqlStore(engine), datetime.now(UTC)
    paged = workspace.policies[0].levels[0].people[0]
    service = workspace.services[0].name
    assert people(workspace).said == "Nobody is admin of all services."
    with store.begin() as tx:
        let_in(tx, "boss", at=now)
    assert f"{paged} is paged and has no login" in people(workspace).said
    with store.begin() as tx:
        let_in(tx, paged, at=now, role=Role.VIEWER)
    assert people(workspace).said == f"{paged} is paged for {service} and may not respond there"
    with store.begin() as tx:
        tx.people.grant(paged, Grant(role=Role.RESPONDER, service=service))
    assert people(workspace).works
    with store.begin() as tx:
        admit.disable(tx, paged, by="test", now=now)
    assert "cannot even acknowledge" in people(workspace).said
    engine.dispose()
