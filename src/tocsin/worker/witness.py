"""The witness: takes checkpoints of the record and hands them out, in a thread of its own.

Nothing waits for it. A file that hangs or a relay that is down delays no page; it is said in
the console and by `tocsin doctor`, and tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Event, Lock, Thread

from tocsin.core.checkpoint import Checkpoint
from tocsin.core.errors import Problem
from tocsin.ports.outlets import Outlet
from tocsin.ports.store import Store
from tocsin.records.checkpoints import Covered, take

EVERY = timedelta(seconds=60)
_PATIENCE_S = 5.0  # for the last checkpoint, when we stop

log = logging.getLogger("tocsin.witness")


class Witness:
    """Looks once a minute, first when it starts and last when it stops."""

    def __init__(
        self, store: Store, outlets: Mapping[str, Outlet], *, now: Callable[[], datetime]
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            store: The database.
            outlets: Where checkpoints go, by what people call the place.
            now: The clock.
        """
        self._store = store
        self._outlets = outlets
        self._now = now
        self._covered = Covered()
        self._turn = Lock()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="witness", daemon=True)
        self._warnings: tuple[str, ...] = ()

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Take a last checkpoint and stop; a place that hangs is not waited for."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE_S)

    def warnings(self) -> Sequence[str]:
        """Return what was wrong at the last look, one sentence each."""
        return self._warnings

    def look(self) -> None:
        """Take a checkpoint if anything was written, and hand out what is missing outside."""
        with self._turn:
            said = self._survive("the record", self._take)
            for place, outlet in self._outlets.items():
                said += self._survive(place, lambda outlet=outlet: self._send(outlet))  # type: ignore[misc]
            self._warnings = tuple(said)

    def _take(self) -> list[str]:
        with self._store.begin() as tx:
            return list(take(tx, self._covered, now=self._now()).broken)

    def _send(self, outlet: Outlet) -> list[str]:
        outlet.send(self._after)
        return []

    def _after(self, seq: int) -> list[Checkpoint]:
        with self._store.look() as tx:
            return tx.audit.checkpoints(after=seq)

    def _survive(self, what: str, act: Callable[[], list[str]]) -> list[str]:
        """Return what is wrong; nothing here may end the thread."""
        try:
            found = act()
        except Problem as problem:
            found = [problem.message]
        except Exception:  # the edge: the witness outlives every defect
            log.exception("checkpoints of %s failed", what)
            found = ["Something went wrong that should not have; the log says what."]
        said = [f"{what}: {each}" for each in found]
        for each in said:
            log.warning("%s", each)
        return said

    def _run(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(EVERY.total_seconds())
        self.look()
