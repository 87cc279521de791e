"""When each check is looked at: soon after the start, then spread over its interval.

Instants are seconds since the start. A check's share of its interval follows from its name
alone, so it keeps its place from one start to the next and checks with the same interval do
not all look at the same instant.
"""

from __future__ import annotations

import hashlib
import math

from tocsin.core.workspace import Check

_SOON = 1.0  # seconds; the first look comes at most this long after the start
_SHORTEST = 0.01  # seconds; an interval of nothing must not become an endless loop


def share(check: Check) -> float:
    """Return the check's place in its interval, from 0 up to but not including 1."""
    digest = hashlib.blake2b(check.name.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32


def first_due(check: Check) -> float:
    """Return when to look first: within the interval, and within a second."""
    return share(check) * min(_interval(check), _SOON)


def next_due(check: Check, last: float, now: float) -> float:
    """Return when to look after the look that was due at `last`; looks missed are skipped.

    From half an interval after the last one up to one and a half, so that the check comes
    to its own place; from then on exactly one interval.
    """
    interval = _interval(check)
    place = share(check) * interval
    earliest = max(now, last + interval / 2)
    turn = math.ceil((earliest - place) / interval)
    return max(place + turn * interval, earliest)


def _interval(check: Check) -> float:
    return max(check.interval.total_seconds(), _SHORTEST)
