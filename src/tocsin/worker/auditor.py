"""The auditor: finds what was due and was not done, and sees that it is.

It derives what should have happened from the rows alone, so no failure of the engine or of
the worker's memory can lose a page. It also settles what dead processes had started.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from threading import Event, Thread

from tocsin.core.errors import Problem
from tocsin.core.ids import StepRunId
from tocsin.ports.store import Store
from tocsin.ports.work import Wake
from tocsin.running import clock
from tocsin.running.advance import settle_lost

EVERY = timedelta(seconds=5)
SLACK = timedelta(seconds=2)
"""What is overdue by less than this is somebody's already."""

log = logging.getLogger("tocsin.auditor")


class Auditor:
    """Looks every few seconds; the first look is at once and has no slack."""

    def __init__(
        self,
        store: Store,
        nudge: Callable[[Sequence[Wake]], None],
        *,
        node: str,
        now: Callable[[], datetime],
        busy: Callable[[], Collection[StepRunId]] = frozenset,
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            store: The database.
            nudge: Takes wakes for what is overdue.
            node: This process.
            now: The clock.
            busy: What this process runs at the moment, so that it is not taken for lost.
        """
        self._busy = busy
        self._store = store
        self._nudge = nudge
        self._node = node
        self._now = now
        self._stop = Event()
        self._thread = Thread(target=self._run, name="auditor", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()

    def take_over(self) -> None:
        """Make what a process that is gone was sending due at once, not after its lease.

        For the first moment of a process, before its worker is given anything.
        """
        self._survive(self._take_over)  # where it fails, the lease runs out

    def audit(self, *, slack: timedelta = SLACK) -> int:
        """Look once; return how many rows were overdue.

        A database that can be read but not written is still audited, and so is one in which
        something is broken: pages must go out.
        """
        if self._survive(self._beat):
            self._survive(self._settle)
        with self._store.look() as tx:
            overdue = tx.overdue(before=self._now() - slack)
        self._nudge(overdue)
        return len(overdue)

    def _take_over(self) -> None:
        with self._store.begin() as tx:
            tx.pages.take_over(now=self._now())

    def _beat(self) -> None:
        with self._store.begin() as tx:
            tx.nodes.beat(self._node, at=self._now())
            if clock.tick(tx, node=self._node, now=self._now()):
                log.warning("the clock was set back: what was approved has to be approved anew")

    def _settle(self) -> None:
        with self._store.begin() as tx:
            settle_lost(tx, node=self._node, now=self._now(), busy=self._busy())

    def _survive(self, write: Callable[[], None]) -> bool:
        """Return whether there is any use in writing more."""
        try:
            write()
        except Problem as problem:
            log.warning("cannot write: %s", problem.message)
            return False
        except Exception:  # the edge: no defect here may cost a page
            log.exception("audit failed to write")
        return True

    def _run(self) -> None:
        slack = timedelta()
        self.take_over()
        while True:
            try:
                self.audit(slack=slack)
            except Problem as problem:
                log.warning("audit: %s (%s)", problem.message, problem.code)
            except Exception:  # the edge: the auditor outlives every defect
                log.exception("audit failed")
            slack = SLACK
            if self._stop.wait(EVERY.total_seconds()):
                return
