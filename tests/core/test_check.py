"""The rule that turns looks into alerts, and the table of options."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.check import (
    CHECK_OPTIONS,
    REQUIRED_OPTIONS,
    CheckState,
    Transition,
    after,
    wrong_options,
)
from tocsin.core.workspace import Check, CheckKind

START = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def check(
    *, fire_after: int = 3, lasting: timedelta | None = None, recover_after: int = 2
) -> Check:
    return Check(
        name="door",
        kind=CheckKind.TCP,
        alert="DoorShut",
        fire_after=fire_after,
        fire_after_duration=lasting,
        recover_after=recover_after,
    )


def walk(of: Check, looks: str, every: timedelta = SECOND) -> tuple[CheckState, list[str]]:
    """Return where `looks` (+ good, - bad) lead, and the transitions as `look:what`."""
    state, told = CheckState(), []
    for number, look in enumerate(looks):
        at = START + number * every
        state, transition = after(state, of, healthy=look == "+", at=at, said=f"look {number}")
        if transition is not None:
            told.append(f"{number}:{transition}")
    return state, told


def test_it_fires_at_the_last_of_enough_failures_in_a_row_and_only_once() -> None:
    """One bad look wakes nobody; the third does; the fourth is the same alert."""
    assert walk(check(), "--")[1] == []
    assert walk(check(), "---")[1] == ["2:fired"]
    assert walk(check(), "------")[1] == ["2:fired"]


def test_it_recovers_at_the_last_of_enough_successes_in_a_row() -> None:
    """A failure in between starts the count anew."""
    assert walk(check(), "---+-+")[1] == ["2:fired"]
    assert walk(check(), "---+-++")[1] == ["2:fired", "6:recovered"]


def test_an_alert_starts_with_its_first_failure_and_ends_with_its_first_success() -> None:
    """What people read is when it broke and when it worked again, not when we were sure."""
    state, _ = walk(check(), "+---+-++")

    assert state.starts_at == START + 1 * SECOND
    assert state.healthy_since == START + 6 * SECOND
    assert (state.firing, state.fired_at) == (False, None)


def test_a_failure_amid_the_recovery_does_not_move_the_start() -> None:
    """The start is half of the alert's identity: moving it would open a second incident."""
    assert walk(check(), "---+-")[0].starts_at == START


def test_firing_again_is_another_alert() -> None:
    """A later failure has a start of its own."""
    state, told = walk(check(), "---++---")

    assert told == ["2:fired", "4:recovered", "7:fired"]
    assert state.starts_at == START + 5 * SECOND


def test_a_duration_replaces_the_count() -> None:
    """Two minutes means two minutes, however often we look; the limit itself is enough."""
    lasting = check(fire_after=1, lasting=10 * SECOND)

    assert walk(lasting, "-" * 10)[1] == []
    assert walk(lasting, "-" * 11)[1] == ["10:fired"]
    assert walk(lasting, "-" * 9 + "+" + "-" * 10)[1] == []


def test_the_state_keeps_what_was_said_last() -> None:
    """Good or bad, the newest finding is the one worth showing."""
    assert walk(check(), "-+")[0].said == "look 1"


LOOKS = st.text("+-", max_size=60)
LIMIT = st.integers(1, 5)


@given(looks=LOOKS, fire_after=LIMIT, recover_after=LIMIT)
def test_it_fires_and_recovers_exactly_as_the_runs_of_looks_say(
    looks: str, fire_after: int, recover_after: int
) -> None:
    """For any looks: the same as reading the text for runs, which is how a person would."""
    of = check(fire_after=fire_after, recover_after=recover_after)
    firing, expected = False, []
    for number in range(len(looks)):
        seen = looks[: number + 1]
        if not firing and seen.endswith("-" * fire_after):
            firing = True
            expected.append(f"{number}:fired")
        elif firing and seen.endswith("+" * recover_after):
            firing = False
            expected.append(f"{number}:recovered")

    state, told = walk(of, looks)

    assert told == expected
    assert state.firing == firing


@given(runs=st.lists(st.integers(1, 2), max_size=40))
def test_flapping_below_the_limits_never_fires(runs: list[int]) -> None:
    """However long it goes on: never three bad ones in a row is never an alert."""
    looks = "".join(("-" if turn % 2 else "+") * length for turn, length in enumerate(runs))

    assert walk(check(fire_after=3), looks)[1] == []


@given(looks=LOOKS, every=st.integers(1, 30), lasting=st.integers(0, 120))
def test_with_a_duration_it_fires_no_sooner_and_no_later(
    looks: str, every: int, lasting: int
) -> None:
    """At the first look at which it has failed without a break for the whole duration."""
    of = check(lasting=lasting * SECOND, recover_after=1)
    state = CheckState()
    for number, look in enumerate(looks):
        at = START + number * every * SECOND
        before = state
        state, transition = after(state, of, healthy=look == "+", at=at)
        run = len(looks[: number + 1]) - len(looks[: number + 1].rstrip("-"))
        long_enough = run > 0 and (run - 1) * every >= lasting
        assert (transition is Transition.FIRED) == (long_enough and not before.firing)


@given(looks=LOOKS)
def test_one_of_the_counts_is_always_zero(looks: str) -> None:
    """A look is good or bad, so never both in a row; and the instants go with the counts."""
    state, _ = walk(check(), looks)

    assert 0 in (state.healthy, state.failing)
    assert (state.failing_since is None) == (state.failing == 0)
    assert (state.healthy_since is None) == (state.healthy == 0)
    assert (state.fired_at is not None) == state.firing


@pytest.mark.parametrize("kind", list(CheckKind))
def test_every_kind_has_its_options_and_needs_only_known_ones(kind: CheckKind) -> None:
    """A kind without a row could not be written in tocsin.toml at all."""
    assert REQUIRED_OPTIONS[kind] <= CHECK_OPTIONS[kind].keys()
    reserved = {"name", "kind", "alert", "labels", "interval", "timeout", "fire_after"}
    assert not reserved & CHECK_OPTIONS[kind].keys()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"host": "localhost"}, ["The option 'port' is missing."]),
        ({"host": "a", "port": "80"}, ["The option 'port' must be a whole number."]),
        ({"host": "a", "port": True}, ["The option 'port' must be a whole number."]),
        ({"host": "a", "port": 0}, ["The option 'port' must lie between 1 and 65535."]),
        ({"host": "", "port": 80}, ["The option 'host' is empty."]),
        (
            {"host": "a", "port": 80, "hots": 1},
            ["The option 'hots' is not known to a check of kind tcp."],
        ),
        ({}, ["The option 'host' is missing.", "The option 'port' is missing."]),
        ({"host": "a", "port": 80, "_target": object()}, []),
    ],
)
def test_wrong_options_are_all_named(options: dict[str, object], told: list[str]) -> None:
    """A configuration is mended in one round, so each mistake is said, and which option."""
    assert wrong_options(CheckKind.TCP, options) == told


def test_a_number_may_be_whole_or_not() -> None:
    """Both `5` and `2.5` are percentages."""
    assert wrong_options(CheckKind.MEMORY, {"free_percent": 5}) == []
    assert wrong_options(CheckKind.MEMORY, {"free_percent": 2.5}) == []
    assert wrong_options(CheckKind.MEMORY, {"free_percent": "5"}) == [
        "The option 'free_percent' must be a number."
    ]
