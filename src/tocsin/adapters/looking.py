"""What all probes share: a time limit that holds whatever hangs, and words fit for a terminal.

A name server, a dead network disk or a driver may hang where no time limit of theirs
reaches. So each look has a thread of its own that is left behind when time is up; until it
is back, its check is not looked at again, so at most one thread per check is ever lost.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta
from time import monotonic

from tocsin.core.check import wrong_options
from tocsin.core.errors import Problem
from tocsin.core.times import write_duration
from tocsin.core.workspace import Check
from tocsin.ports.probes import Reading

_SHARE = 0.95  # of the timeout: what a probe has, so that one that knows why can still say so
_LINE = 200  # characters, of what we quote
_SENTENCE = 500  # characters, of all that is said


def one_line(text: str, most: int = _LINE) -> str:
    """Return the first line with anything on it: printable, at most `most` characters."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    first = next((line for line in lines if line), "")
    shown = "".join(character if character.isprintable() else "?" for character in first)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def write_number(figure: float) -> str:
    """Return a figure as a person writes it: `12`, `3.5`."""
    return f"{figure:.0f}" if figure == int(figure) else f"{figure:.4g}"


def too_late(check: Check) -> Reading:
    """Return what a look that took too long has found."""
    length = check.timeout.total_seconds()
    told = f"{length:g}s" if length < 60 else write_duration(check.timeout)
    return Reading(healthy=False, said=f"No answer within {told}.")


def text_of(check: Check, name: str, otherwise: str = "") -> str:
    """Return an option that is known to be a text or absent."""
    value = check.options.get(name, otherwise)
    return value if isinstance(value, str) else otherwise


def number_of(check: Check, name: str, otherwise: float) -> float:
    """Return an option that is known to be a number or absent."""
    value = check.options.get(name, otherwise)
    return value if isinstance(value, (int, float)) else otherwise


def outside(check: Check, figure: float) -> str:
    """Return how `figure` breaks the check's `above` or `below`; empty if it does not."""
    if figure > (above := number_of(check, "above", float("inf"))):
        return f"above {write_number(above)}"
    if figure < (below := number_of(check, "below", float("-inf"))):
        return f"below {write_number(below)}"
    return ""


class BoundedProbe(ABC):
    """A probe whose `look` never raises and never takes longer than the timeout."""

    def __init__(self) -> None:
        self._left_behind: dict[str, threading.Thread] = {}

    @abstractmethod
    def find(self, check: Check, limit: float) -> Reading:
        """Look, and take at most `limit` seconds. The options are known to be right.

        Raises:
            Problem: It could not look; its message says why.
        """

    def look(self, check: Check) -> Reading:
        """Return what was found. A probe that cannot look is unhealthy, and says why."""
        began = monotonic()
        reading = self._look(check)
        took = timedelta(seconds=monotonic() - began)
        return replace(reading, said=one_line(reading.said, _SENTENCE), took=took)

    def _look(self, check: Check) -> Reading:
        if wrong := wrong_options(check.kind, check.options):
            return Reading(healthy=False, said=" ".join(wrong))
        if self._still_hangs(check.name):
            return Reading(healthy=False, said="The look before this one still hangs.")
        readings: list[Reading] = []
        looking = threading.Thread(
            target=lambda: readings.append(self._found(check)),
            name=f"look at {check.name}",
            daemon=True,
        )
        looking.start()
        looking.join(check.timeout.total_seconds())
        if readings:
            return readings[0]
        self._left_behind[check.name] = looking
        return too_late(check)

    def _still_hangs(self, name: str) -> bool:
        before = self._left_behind.get(name)
        return before is not None and before.is_alive()

    def _found(self, check: Check) -> Reading:
        try:
            return self.find(check, check.timeout.total_seconds() * _SHARE)
        except TimeoutError:
            return too_late(check)
        except Problem as problem:
            return Reading(healthy=False, said=problem.message)
        except OSError as error:
            why = one_line(error.strerror or str(error)) or type(error).__name__
            return Reading(healthy=False, said=f"Cannot look: {why}.")
        except Exception as error:  # noqa: BLE001  # the edge of a probe: a look never raises
            # The type alone: what a driver says may quote the address with its password.
            return Reading(healthy=False, said=f"Cannot look: {type(error).__name__}.")
