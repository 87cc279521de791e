"""A stop: set once, heard at once, never heard afterwards."""

from __future__ import annotations

from tocsin.ports.executors import Stop


def test_whoever_listens_is_called_once_and_the_first_reason_stays() -> None:
    """Two people press stop in the same second; the step ends once."""
    stop = Stop()
    calls: list[str] = []

    with stop.calls(lambda: calls.append("called")):
        stop.set("Stopped by ada")
        stop.set("Stopped by grace")

    assert calls == ["called"]
    assert stop.because == "Stopped by ada"


def test_a_stop_that_came_first_is_heard_at_once() -> None:
    """Between the start of a step run and that of its process anything may happen."""
    stop = Stop()
    calls: list[str] = []
    stop.set("Stopped by ada")

    with stop.calls(lambda: calls.append("called")):
        assert calls == ["called"]


def test_nobody_is_called_after_the_end() -> None:
    """What the call would end may be another process by then."""
    stop = Stop()
    calls: list[str] = []

    with stop.calls(lambda: calls.append("called")):
        pass
    stop.set("Stopped by ada")

    assert calls == []


def test_the_outcome_of_what_was_stopped_is_not_known() -> None:
    """A change that was ended half way may have happened, or half of it."""
    stop = Stop()

    stop.set("Stopped by ada at 03:10:07 UTC")

    outcome = stop.outcome()
    assert outcome.lost
    assert outcome.exit_status is None
    assert outcome.said == (
        "Stopped by ada at 03:10:07 UTC: what it had done by then is not known."
    )
