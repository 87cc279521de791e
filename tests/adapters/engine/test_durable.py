"""The durable engine, for each kind of database it runs on, in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from servers import database

CHILD = Path(__file__).with_name("waking.py")


def play(url: str, scene: str, *, status: int = 0) -> list[dict[str, Any]]:
    """Play one scene in a child process and return what its engine called."""
    child = subprocess.run(
        [sys.executable, "-W", "error", str(CHILD), url, scene],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert child.returncode == status, child.stderr[-3000:]
    return json.loads(child.stdout) if child.stdout else []


@pytest.fixture(scope="module", params=["sqlite", pytest.param("pg", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One database of each kind for all of these tests."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('engine') / 'tocsin.db'}"
        return
    with database(request.getfixturevalue("postgres_cluster")) as address:
        yield address


@pytest.fixture(scope="module")
def calls(url: str) -> list[dict[str, Any]]:
    """What was called when everything was asked for."""
    return play(url, "all")


def of(calls: list[dict[str, Any]], subject: int, kind: str = "deliver") -> list[dict[str, Any]]:
    """Return the calls for one subject."""
    return [each for each in calls if (each["subject"], each["kind"]) == (subject, kind)]


def test_a_wake_of_a_committed_transaction_is_called_with_what_was_asked(calls) -> None:
    """And the row that was written with it is there by then."""
    (call,) = of(calls, 1)
    assert call["rows"] >= 2
    assert of(calls, 1, "run")


def test_a_wake_of_a_transaction_that_was_rolled_back_is_never_called(calls) -> None:
    """Nothing happened, so there is nothing to look at."""
    assert of(calls, 2) == []


def test_the_same_wake_is_called_once(calls) -> None:
    """Asked for twice before it was called, and once more afterwards."""
    assert len(of(calls, 3)) == 1


def test_a_wake_for_later_is_called_at_its_time(calls) -> None:
    """Not before, and within a few seconds: it is the net below a timer in memory."""
    (call,) = of(calls, 4)
    assert 0 <= call["late_s"] < 3


def test_what_is_asked_before_the_engine_runs_is_left_to_the_rows(calls) -> None:
    """The commit succeeds all the same; the auditor finds what is due."""
    assert of(calls, 9) == []
    assert len(calls) == 4


def test_an_engine_that_could_not_start_can_be_started_again(tmp_path: Path) -> None:
    """A database that is locked for a moment must not cost us the net until the next restart."""
    calls = play(f"sqlite:///{tmp_path / 'tocsin.db'}", "again")

    assert [each["subject"] for each in calls] == [5]


def test_answered_wakes_are_forgotten_after_an_hour_and_others_are_not(tmp_path: Path) -> None:
    """Else the database grows for ever; what is still to come must come."""
    first, second, told = play(f"sqlite:///{tmp_path / 'tocsin.db'}", "sweep")

    assert (first["subject"], second["subject"]) == (1, 2)
    assert told["forgotten"] == [0, 1, 0]


def test_what_a_process_asked_for_is_called_by_the_next(url: str) -> None:
    """Whether it was killed or stopped in order: wakes outlive their process."""
    play(url, "leave", status=9)
    assert of(play(url, "stop"), 8) == []

    calls = play(url, "come")

    assert sorted(each["subject"] for each in calls) == [7, 8]
    assert all(each["late_s"] >= 0 for each in calls)
