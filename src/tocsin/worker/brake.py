"""The brake: looks twice a second whether everything is stopped, and ends what runs here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread

from tocsin.core.errors import Problem
from tocsin.ports.store import Store
from tocsin.running import stop

EVERY_S = 0.5

log = logging.getLogger("tocsin.brake")


class Brake:
    """Ends every running step of this process while a stop stands."""

    def __init__(self, store: Store, end_all: Callable[[str], int]) -> None:
        """Prepare; nothing runs yet.

        Args:
            store: The database.
            end_all: Ends what runs, given the reason; returns how many that were.
        """
        self._store = store
        self._end_all = end_all
        self._stop = Event()
        self._thread = Thread(target=self._run, name="brake", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()

    def look(self) -> int:
        """Look once; return how many step runs were ended."""
        with self._store.look() as tx:
            standing = stop.standing(tx)
        return self._end_all(standing.told) if standing else 0

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                self.look()
            except Problem as problem:
                log.warning("cannot look for a stop: %s", problem.message)
            except Exception:  # the edge: the brake outlives every defect
                log.exception("looking for a stop failed")
