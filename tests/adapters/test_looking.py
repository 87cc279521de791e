"""The time limit that holds whatever hangs, and the edge that nothing crosses."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.adapters.looking import BoundedProbe, one_line
from tocsin.core.workspace import Check, CheckKind
from tocsin.ports.probes import Reading

FINE = Reading(healthy=True, said="Fine.")


class Odd(BoundedProbe):
    """Does what the test says instead of looking."""

    def __init__(self, find) -> None:
        super().__init__()
        self.find_instead = find
        self.looks = 0

    def find(self, check: Check, limit: float) -> Reading:
        self.looks += 1
        return self.find_instead()


def check(name: str = "it", timeout: float = 0.2) -> Check:
    return Check(name=name, kind=CheckKind.MEMORY, alert="It", timeout=timedelta(seconds=timeout))


def test_a_look_that_hangs_is_left_behind_once_and_not_repeated() -> None:
    """A dead network disk must cost one thread, not one per interval for a whole night."""
    release = threading.Event()
    probe = Odd(lambda: release.wait(30) and FINE)

    first, second, other = probe.look(check()), probe.look(check()), probe.look(check("other"))
    looks = probe.looks
    release.set()
    probe._left_behind["it"].join()

    assert first.said == "No answer within 0.2s."
    assert timedelta(seconds=0.2) <= first.took < timedelta(seconds=1)
    assert second.said == "The look before this one still hangs."
    assert other.said == "No answer within 0.2s."
    assert looks == 2
    assert probe.look(check()).healthy


@pytest.mark.parametrize(
    "error", [ValueError("hunter2"), RuntimeError(), MemoryError(), KeyError()]
)
def test_whatever_a_probe_raises_is_a_reading_without_its_words(error: Exception) -> None:
    """What a driver says may quote an address with its password in it."""

    def find() -> Reading:
        raise error

    reading = Odd(find).look(check())

    assert not reading.healthy
    assert reading.said == f"Cannot look: {type(error).__name__}."


@given(text=st.text())
def test_one_line_is_short_and_printable_for_any_text(text: str) -> None:
    """It goes to terminals, mails and pages."""
    line = one_line(text)

    assert line.isprintable()
    assert len(line) <= 200
