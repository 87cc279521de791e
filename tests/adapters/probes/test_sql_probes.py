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
    return SqlProbe().look(check(CheckKind.SQL, target="jobs", sql=sql, _target=target, **options))


def count(check, target, sql, **options):
    return QueueProbe().look(
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

    assert ask(check, jobs, WAITING).figure == 3


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
    assert reading.took < timedelta(seconds=0.7)


def test_a_locked_database_is_given_up_in_time(check, jobs) -> None:
    """Somebody else's long transaction is a finding, not a reason to hang."""
    with closing(sqlite3.connect(jobs.url, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        reading = ask(check, jobs, WAITING, timeout=timedelta(seconds=0.5))

    assert not reading.healthy
    assert reading.took < timedelta(seconds=0.7)


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
    assert reading.said.startswith("PostgreSQL says: ")
    assert "hunter2" not in reading.said


def test_a_silent_server_is_given_up_in_time(check, silent_port) -> None:
    """The client library waits two seconds at least; we do not."""
    url = f"postgresql://127.0.0.1:{silent_port}/jobs"
    target = Target(name="jobs", kind=TargetKind.POSTGRES, url=url)

    reading = ask(check, target, "SELECT 1", timeout=timedelta(seconds=0.5))

    assert (reading.healthy, reading.said) == (False, "No answer within 0.5s.")
    assert reading.took < timedelta(seconds=0.7)
