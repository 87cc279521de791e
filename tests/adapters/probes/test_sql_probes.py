"""Asking a real SQLite file: the kinds sql and queue."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.adapters.probes.queue import QueueProbe
from tocsin.adapters.probes.sql import SqlProbe
from tocsin.core.workspace import CheckKind, Target, TargetKind


@pytest.fixture
def jobs(tmp_path: Path) -> Target:
    """A queue with three waiting jobs and one that is done."""
    file = tmp_path / "jobs #1?.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY, state TEXT)")
        connection.executemany(
            "INSERT INTO jobs (state) VALUES (?)", [("waiting",)] * 3 + [("done",)]
        )
        connection.commit()
    return Target(name="jobs", kind=TargetKind.SQLITE, url=str(file))


WAITING = "SELECT count(*) FROM jobs WHERE state = 'waiting'"


def ask(check, target, sql, **options):
    return SqlProbe(str.upper).look(
        check(CheckKind.SQL, target="jobs", sql=sql, _target=target, **options)
    )


def count(check, target, sql, **options):
    return QueueProbe(str.upper).look(
        check(CheckKind.QUEUE, target="jobs", sql=sql, _target=target, **options)
    )


@pytest.mark.parametrize(
    ("sql", "healthy", "said"),
    [
        ("SELECT 1", True, "The query gave 1."),
        ("SELECT 0", False, "The query gave 0."),
        ("SELECT 'ok', 'no'", True, "The query gave ok."),
        ("SELECT 'false'", False, "The query gave false."),
        ("SELECT NULL", False, "The query gave nothing."),
        ("SELECT 1 FROM jobs WHERE id = 99", False, "The query gave nothing."),
        ("SELECT ''", False, "The query gave an empty text."),
    ],
)
def test_the_first_value_must_be_true(check, jobs, sql, healthy, said) -> None:
    """No row and no value are not true either."""
    reading = ask(check, jobs, sql)

    assert (reading.healthy, reading.said) == (healthy, said)


def test_above_and_below_name_what_is_wrong(check, jobs) -> None:
    """The limit itself is fine, and the unit is the team's own word."""
    assert ask(check, jobs, WAITING, above=3).healthy
    high = ask(check, jobs, WAITING, above=2, unit="jobs")
    assert (high.healthy, high.said) == (False, "The query gave 3 jobs, above 2.")
    assert (high.figure, high.unit) == (3, "jobs")
    assert ask(check, jobs, WAITING, below=4).said == "The query gave 3, below 4."
    assert not ask(check, jobs, "SELECT 'many'", above=2).healthy
    assert ask(check, jobs, "SELECT NULL", above=2).said == (
        "The query gave nothing, which is no number."
    )


@pytest.mark.parametrize("sql", ["SELECT 9e999", "SELECT -9e999", "SELECT 'nan'", "SELECT x'ff'"])
def test_what_is_no_finite_number_cannot_be_compared(check, jobs, sql) -> None:
    """Nothing is above a limit that is compared with not-a-number, so it would look well."""
    assert not ask(check, jobs, sql, above=2, below=1).healthy
    assert not count(check, jobs, sql, above=2).healthy
    assert ask(check, jobs, sql).figure is None


def test_a_queue_is_unhealthy_above_its_depth(check, jobs) -> None:
    """With the depth as the figure."""
    full = count(check, jobs, WAITING, above=2, unit="jobs")

    assert (full.healthy, full.said, full.figure) == (False, "3 jobs, more than 2.", 3)
    fine = count(check, jobs, WAITING, above=3)
    assert (fine.healthy, fine.said) == (True, "3 waiting, at most 3 are fine.")
    assert count(check, jobs, "SELECT sum(id) FROM jobs WHERE id > 9", above=0).healthy


def test_a_check_cannot_write(check, jobs) -> None:
    """Also where somebody put a statement that changes something into the configuration."""
    for sql in ("DELETE FROM jobs", "DROP TABLE jobs", "UPDATE jobs SET state='x' RETURNING 1"):
        assert "readonly" in ask(check, jobs, sql).said.replace(" ", "")

    copy = f"{jobs.url}.copy"
    for sql in (f"VACUUM INTO '{copy}'", f"ATTACH '{copy}' AS other"):
        refused = ask(check, jobs, sql).said
        assert refused.startswith(("SQLite says: authorization denied", "SQLite says: not auth"))
    assert not Path(copy).exists()
    assert ask(check, jobs, WAITING).figure == 3
    assert ask(check, jobs, "PRAGMA integrity_check").said == "The query gave ok."


def test_a_file_that_is_missing_is_said_and_not_made(check, tmp_path: Path) -> None:
    """An empty database that we made ourselves would look like an empty queue."""
    gone = Target(name="jobs", kind=TargetKind.SQLITE, url=str(tmp_path / "gone.db"))

    reading = count(check, gone, WAITING, above=2)

    assert (reading.healthy, reading.said) == (
        False,
        "SQLite says: unable to open database file.",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_question_that_makes_no_sense_is_unhealthy(check, jobs) -> None:
    """With the database's own words."""
    assert ask(check, jobs, "SELECT nonsense").said == "SQLite says: no such column: nonsense."
    assert not ask(check, jobs, "SELECT 1; SELECT 2").healthy
    assert not ask(check, jobs, "SELECT '\ud800'").healthy


def test_an_endless_question_is_ended(check, jobs) -> None:
    """By the database's own clockwork, so no thread stays behind."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"

    reading = ask(check, jobs, endless, timeout=timedelta(seconds=0.5))

    assert (reading.healthy, reading.said) == (False, "No answer within 0.5s.")
    assert reading.took < timedelta(seconds=1)


def test_a_locked_database_is_given_up_in_time(check, jobs) -> None:
    """Somebody else's long transaction is a finding, not a reason to hang."""
    with closing(sqlite3.connect(jobs.url, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        reading = ask(check, jobs, WAITING, timeout=timedelta(seconds=0.5))

    assert not reading.healthy
    assert reading.took < timedelta(seconds=1)


def test_a_target_that_nobody_resolved_is_named(check) -> None:
    """Nor is one that is no database."""
    prometheus = Target(name="jobs", kind=TargetKind.PROMETHEUS, url="http://127.0.0.1:9/")
    for target in (None, prometheus):
        assert "'target' names no database: 'jobs'" in ask(check, target, WAITING).said


def test_a_server_that_is_not_there_says_so_without_its_password(check, shut_port) -> None:
    """Addresses of databases hold passwords, and readings are shown to everybody."""
    url = f"postgresql://ada:hunter2@127.0.0.1:{shut_port}/jobs"
    reading = ask(check, Target(name="jobs", kind=TargetKind.POSTGRES, url=url), "SELECT 1")

    assert not reading.healthy
    assert reading.said == "PostgreSQL says: Connection refused."


@pytest.mark.parametrize("url", ["ada:hunter2@", "postgresql://ada:hun@hunter2/", "port=hunter2"])
def test_an_address_that_is_none_is_not_quoted(check, url) -> None:
    """A password in the wrong place is still a password."""
    reading = ask(check, Target(name="jobs", kind=TargetKind.POSTGRES, url=url), "SELECT 1")

    assert not reading.healthy
    assert "hunter2" not in reading.said


@pytest.fixture
def postgres(postgres_database: str) -> Target:
    """A PostgreSQL database of our own on loopback."""
    return Target(name="jobs", kind=TargetKind.POSTGRES, url=postgres_database)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("sql", "healthy", "said"),
    [
        ("SELECT 1", True, "The query gave 1."),
        ("SELECT numeric '3.5'", True, "The query gave 3.5."),
        ("SELECT false", False, "The query gave False."),
        ("SELECT '100%s'", True, "The query gave 100%s."),
        ("SELECT 1 WHERE false", False, "The query gave nothing."),
        ("SELECT nonsense", False, 'PostgreSQL says: column "nonsense" does not exist.'),
        (
            "CREATE TABLE t ()",
            False,
            "PostgreSQL says: cannot execute CREATE TABLE in a read-only transaction.",
        ),
        (
            "SET default_transaction_read_only = off; CREATE TABLE t ()",
            False,
            "PostgreSQL says: cannot insert multiple commands into a prepared statement.",
        ),
    ],
)
def test_postgresql_is_asked_the_same_way(check, postgres, sql, healthy, said) -> None:
    """One statement, read-only, in the server's own words when it refuses."""
    reading = ask(check, postgres, sql)

    assert (reading.healthy, reading.said) == (healthy, said)


@pytest.mark.postgres
def test_postgresql_is_compared_counted_and_given_up_in_time(check, postgres) -> None:
    """The server ends the question too: nothing goes on working for nobody."""
    assert count(check, postgres, "SELECT 5::bigint", above=4).figure == 5
    late = ask(check, postgres, "SELECT pg_sleep(30)", timeout=timedelta(seconds=0.5))
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(30)' "
    left = count(check, postgres, running + "AND state = 'active'", above=0)

    assert (late.healthy, late.said) == (False, "No answer within 0.5s.")
    assert left.healthy


def test_a_silent_server_is_given_up_in_time(check, silent_port) -> None:
    """The client library waits two seconds at least; we do not."""
    url = f"postgresql://127.0.0.1:{silent_port}/jobs"
    target = Target(name="jobs", kind=TargetKind.POSTGRES, url=url)

    reading = ask(check, target, "SELECT 1", timeout=timedelta(seconds=0.5))

    assert (reading.healthy, reading.said) == (False, "No answer within 0.5s.")
    assert reading.took < timedelta(seconds=1)


@pytest.mark.postgres
def test_a_check_looks_with_the_login_for_looking(check, postgres_database) -> None:
    """A check runs day and night: it never holds what could change something."""
    asked: list[str] = []
    target = Target(
        name="jobs",
        kind=TargetKind.POSTGRES,
        url=postgres_database,
        password="LOOK",
        change_url="postgresql://nobody@127.0.0.1:1/jobs",
        change_password="CHANGE",
    )

    def secret(name: str) -> str:
        asked.append(name)
        return "hunter"

    reading = SqlProbe(secret).look(
        check(CheckKind.SQL, target="jobs", sql="SELECT 1", _target=target)
    )

    assert reading.healthy
    assert asked == ["LOOK"]
