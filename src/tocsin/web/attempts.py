"""How fast passwords may be tried: guessing gets slow, and nobody is ever locked out.

Every attempt takes its turn, per name and address, per address and per name. Whoever tries too
much from one place waits, and is then asked to come back; somebody else's guessing costs the
owner of a name a few seconds at most. Links of pages and tokens know no such waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock

from tocsin.core.errors import Unavailable

_LONGEST_WAIT_S = 10.0
_MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """So many at once, then one every so often."""

    at_once: int
    every_s: float


_PAIR = _Pace(at_once=5, every_s=2.0)
_ADDRESS = _Pace(at_once=50, every_s=0.25)
_NAME = _Pace(at_once=20, every_s=0.5)
_NAME_COSTS_AT_MOST_S = 3.0


class Attempts:
    """The turns that were given out. One per process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._free_at: dict[Hashable, float] = {}
        self._lock = Lock()

    def pause(self, name: str, address: str) -> float:
        """Return how many seconds to wait before this attempt is looked at.

        Raises:
            Unavailable("login.busy"): Too many from this address, for this name or at all.
        """
        with self._lock:
            now = self._clock()
            self._forget(now)
            wait = max(self._wait((name, address), _PAIR, now), self._wait(address, _ADDRESS, now))
            if wait > _LONGEST_WAIT_S:
                raise Unavailable(
                    "login.busy",
                    "Too many attempts to log in.",
                    hint="Wait half a minute. Links in pages work, and so do tokens.",
                )
            by_name = min(self._wait(("name", name), _NAME, now), _NAME_COSTS_AT_MOST_S)
            self._take((name, address), _PAIR, now)
            self._take(address, _ADDRESS, now)
            self._take(("name", name), _NAME, now)
            return max(wait, by_name)

    def succeeded(self, name: str, address: str) -> None:
        """Let somebody who knew the password begin anew."""
        with self._lock:
            self._free_at.pop((name, address), None)

    def _wait(self, key: Hashable, pace: _Pace, now: float) -> float:
        ahead = self._free_at.get(key, now) - now
        return max(0.0, ahead - (pace.at_once - 1) * pace.every_s)

    def _take(self, key: Hashable, pace: _Pace, now: float) -> None:
        self._free_at[key] = max(now, self._free_at.get(key, now)) + pace.every_s

    def _forget(self, now: float) -> None:
        if len(self._free_at) >= _MOST_KEYS:
            self._free_at = {key: at for key, at in self._free_at.items() if at > now}
        if len(self._free_at) >= _MOST_KEYS:
            self._free_at.clear()  # rather a guess too many than memory without end
