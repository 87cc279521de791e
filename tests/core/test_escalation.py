"""Whom a ladder reaches when."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.escalation import Rung, exhausted_in, ladder, progress, with_rung
from tocsin.core.workspace import Level, Policy

MINUTE = timedelta(minutes=1)


def policy(*patience: int, repeat: int = 0) -> Policy:
    levels = tuple(Level(people=(f"p{n}",), patience=n * MINUTE) for n in patience)
    return Policy(name="shop", levels=levels, repeat=repeat)


def test_a_level_is_reached_at_exactly_the_one_before_it_running_out() -> None:
    """At five minutes, and not a moment before."""
    climbing = ladder(policy(5, 10))

    assert len(progress(climbing, 5 * MINUTE - timedelta(microseconds=1)).reached) == 1
    assert len(progress(climbing, 5 * MINUTE).reached) == 2


def test_the_runbooks_response_time_is_the_first_levels_patience() -> None:
    """The document that says "within 15 minutes" wins over the general policy."""
    climbing = ladder(policy(5, 10), respond_within=15 * MINUTE, reason="r.md:7")

    assert [rung.after for rung in climbing.rungs] == [timedelta(), 15 * MINUTE]
    assert climbing.rungs[1].reason == "r.md:7"


def test_a_rung_of_the_runbook_comes_once_and_not_in_every_round() -> None:
    """ "After 20 minutes tell the lead" is one call, however often the policy repeats."""
    rung = Rung(after=7 * MINUTE, people=("lead",), number=100, although_acknowledged=True)
    climbing = with_rung(ladder(policy(5, 5, repeat=3)), rung)

    reached = progress(climbing, 60 * MINUTE).reached

    assert [due.round for due in reached if due.rung.number == 100] == [0]


@given(
    patience=st.lists(st.integers(1, 60), min_size=1, max_size=5),
    repeat=st.integers(0, 3),
    waited=st.integers(0, 2000),
)
def test_for_any_wait_something_is_still_to_come_or_everybody_was_reached(
    patience: list[int], repeat: int, waited: int
) -> None:
    """No policy and no moment may leave an escalation neither waiting nor finished."""
    climbing = ladder(policy(*patience, repeat=repeat))
    so_far = progress(climbing, waited * MINUTE)

    everybody = len(patience) * (repeat + 1)
    assert (so_far.next_in is None) == (len(so_far.reached) == everybody)
    assert len(so_far.reached) >= 1
    assert (exhausted_in(climbing, waited * MINUTE) > timedelta()) == (
        waited < sum(patience) * (repeat + 1)
    )


@given(st.lists(st.integers(1, 60), min_size=1, max_size=5), st.integers(0, 400))
def test_waiting_longer_never_reaches_fewer_people(patience: list[int], waited: int) -> None:
    """Reached is reached: a page is not taken back by the clock."""
    climbing = ladder(policy(*patience, repeat=1))
    earlier = progress(climbing, waited * MINUTE).reached
    later = progress(climbing, (waited + 1) * MINUTE).reached

    assert set(earlier) <= set(later)


def test_a_late_clock_of_the_runbook_puts_off_no_round() -> None:
    """A document that says "after an hour" must not make the policy repeat hourly."""
    late = Rung(after=60 * MINUTE, people=("lead",), number=100, although_acknowledged=True)
    climbing = with_rung(ladder(policy(5, 5, repeat=1)), late)

    again = [due.rung.number for due in progress(climbing, 10 * MINUTE).reached if due.round]

    assert again == [0]
    assert exhausted_in(climbing, 60 * MINUTE) == MINUTE


def test_a_level_at_which_nobody_could_be_reached_is_not_waited_for() -> None:
    """The next of its round is due at once; the one after that at its own time."""
    climbing = ladder(policy(5, 10, 10, repeat=1))

    so_far = progress(climbing, MINUTE, unreached={(0, 0)})

    assert [due.rung.number for due in so_far.reached] == [0, 1]
    assert so_far.next_in == 14 * MINUTE


def test_levels_in_vain_do_not_use_up_the_rounds() -> None:
    """The next round comes at its time: the trouble may be over by then."""
    climbing = ladder(policy(5, 10, repeat=1))

    so_far = progress(climbing, MINUTE, unreached={(0, 0), (0, 1)})

    assert [due.round for due in so_far.reached] == [0, 0]
    assert so_far.next_in == 14 * MINUTE
