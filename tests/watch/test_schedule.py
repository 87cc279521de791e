"""When each check is looked at."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.workspace import Check, CheckKind
from tocsin.watch.schedule import first_due, next_due, share


def check(name: str = "door", every: float = 30) -> Check:
    return Check(name=name, kind=CheckKind.TCP, alert="DoorShut", interval=timedelta(seconds=every))


CHECKS = st.builds(check, st.text(), st.floats(0.05, 86400))


@given(CHECKS)
def test_the_first_look_comes_within_the_interval_and_a_second(of: Check) -> None:
    """Whoever starts the server wants to know how things stand, not in an hour."""
    assert 0 <= first_due(of) <= min(1, of.interval.total_seconds())


@given(CHECKS, st.integers(1, 20))
def test_looks_come_an_interval_apart_once_in_their_place(of: Check, turns: int) -> None:
    """The first wait only is up to half an interval shorter or longer."""
    interval = of.interval.total_seconds()
    due = [first_due(of)]
    for _ in range(turns):
        due.append(next_due(of, due[-1], due[-1]))
    waits = [later - sooner for sooner, later in pairwise(due)]

    assert 0.499 * interval <= waits[0] <= 1.501 * interval
    assert all(abs(wait - interval) < 0.001 * interval for wait in waits[1:])


@given(CHECKS, st.floats(0, 100))
def test_looks_that_were_missed_are_skipped(of: Check, late: float) -> None:
    """After a look that took ten intervals there is one next look, not ten."""
    last = first_due(of)
    now = last + late * of.interval.total_seconds()

    due = next_due(of, last, now)

    assert now <= due <= now + 1.501 * of.interval.total_seconds()


def test_checks_do_not_all_look_at_the_same_instant() -> None:
    """A hundred checks every 30 seconds are spread, and stay where they are."""
    places = [share(check(f"check {number}")) for number in range(100)]

    assert places == [share(check(f"check {number}")) for number in range(100)]
    assert len({int(place * 10) for place in places}) == 10


def test_an_interval_of_nothing_is_no_endless_loop() -> None:
    """Settings refuse it; if one came through, the machine must still be usable."""
    of = check(every=0)

    assert next_due(of, 5.0, 5.0) > 5.0
