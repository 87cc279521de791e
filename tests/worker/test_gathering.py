"""What is kept of a statement: its output in few commits, and how it ended whatever happens."""

from __future__ import annotations

import pytest

from tocsin.core.errors import Unavailable
from tocsin.core.run import Outcome
from tocsin.worker import gathering
from tocsin.worker.gathering import Gathering, Ran, settle

DONE = Outcome(exit_status=0)
AT_ONCE = -1.0  # nobody waits two minutes for a database in a test


@pytest.fixture(autouse=True)
def _untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine must not make a quick statement a slow one."""
    monkeypatch.setattr(gathering, "_FLUSH_AFTER_S", 3600.0)


def test_the_output_of_what_ends_quickly_is_recorded_with_how_it_ended() -> None:
    """A commit of its own would cost as much as the statement."""
    handed_on: list[str] = []
    quick = Gathering((), handed_on.append)

    quick.take(b"3 workers\n")

    assert quick.rest() == "3 workers\n"
    assert quick.rest() == ""
    assert handed_on == []


def test_much_output_is_handed_on_before_the_end() -> None:
    """A person looks on, and it must not pile up."""
    handed_on: list[str] = []
    talking = Gathering((), handed_on.append)

    for _ in range(400):
        talking.take(b"a line of a hundred characters" + b"." * 70 + b"\n")
    rest = talking.rest()

    assert len(handed_on) > 1
    assert len("".join(handed_on) + rest) == 400 * 101


def test_what_the_database_did_not_take_is_in_the_rest() -> None:
    """Nothing is lost because it was busy for a moment."""

    def refuse(_text: str) -> None:
        raise Unavailable("store.locked", "busy")

    talking = Gathering((), refuse)
    for _ in range(400):
        talking.take(b"a line of a hundred characters" + b"." * 70 + b"\n")

    assert len(talking.rest()) == 400 * 101


def test_a_secret_does_not_get_out_with_the_rest() -> None:
    """The rest goes the same way as all other output."""
    quick = Gathering(("correct horse",), lambda _: None)

    quick.take(b"the password is correct ho")
    quick.take(b"rse")

    assert "horse" not in quick.rest()


def test_how_it_ended_is_recorded_although_its_output_cannot_be() -> None:
    """A disk that is full for the output may have room for the outcome."""
    recorded: list[Ran] = []

    def record(ran: Ran) -> None:
        if ran.rest:
            raise Unavailable("store.full", "full")
        recorded.append(ran)

    settle(Ran(outcome=DONE, rest="much"), record, patience_s=AT_ONCE)

    assert recorded == [Ran(outcome=DONE)]


def test_what_cannot_be_recorded_at_all_is_left_to_the_auditor() -> None:
    """It says so instead of pretending."""

    def refuse(_ran: Ran) -> None:
        raise Unavailable("store.full", "full")

    with pytest.raises(Unavailable):
        settle(Ran(outcome=DONE), refuse, patience_s=AT_ONCE)
