"""Looking at every check once."""

from __future__ import annotations

import threading

from tocsin.core.workspace import Check, CheckKind
from tocsin.ports.probes import Reading
from tocsin.watch.look import look_once


class Meeting:
    """A probe that is done only when as many look as were agreed."""

    def __init__(self, looking: int) -> None:
        self.barrier = threading.Barrier(looking, timeout=10)

    def look(self, check: Check) -> Reading:
        self.barrier.wait()
        return Reading(healthy=check.name != "b", said=f"Saw {check.name}.")


def check(name: str, kind: CheckKind = CheckKind.TCP) -> Check:
    return Check(name=name, kind=kind, alert="It")


def test_checks_are_looked_at_side_by_side_and_told_in_order() -> None:
    """Each of these waits for the others: one after the other would never end."""
    results = look_once([check("a"), check("b"), check("c")], {CheckKind.TCP: Meeting(3)})

    assert [result.said for result in results] == ["Saw a.", "Saw b.", "Saw c."]
    assert [result.healthy for result in results] == [True, False, True]


def test_a_kind_that_nobody_can_look_at_is_unhealthy() -> None:
    """What is not watched must not look well."""
    (result,) = look_once([check("a", CheckKind.DISK)], {})

    assert (result.healthy, result.said) == (
        False,
        "Nothing here can look at checks of kind disk.",
    )


def test_no_checks_are_no_results() -> None:
    """An empty list is a configuration like any other."""
    assert look_once([], {}) == []
