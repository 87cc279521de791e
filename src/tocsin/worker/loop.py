"""The worker: wakes become calls, soon, each kind in its own lane.

This is the speed, not the guarantee: a wake that is lost here is called by the engine, and a
row that both forget is found by the auditor. So nothing in here needs to be durable, and a
slow step can never hold up a page.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from threading import Condition, Thread

from tocsin.core.errors import NotFound, Problem
from tocsin.ports.work import Wake, WakeKind

Act = Callable[[int], None]

_THREADS = {"desk": 2, "recoveries": 2, "pages": 8, "runs": 4}
_LANE_OF = {
    WakeKind.BIND: "desk",
    WakeKind.ESCALATE: "desk",
    WakeKind.RECOVER: "recoveries",  # asks over the network
    WakeKind.DELIVER: "pages",
    WakeKind.RUN: "runs",
}
_FARTHEST = timedelta(minutes=10)  # what is due later is left to the engine and the auditor
_LONGEST_NAP_S = 5.0

log = logging.getLogger("tocsin.worker")


class Worker:
    """Calls what wakes ask for, at their time."""

    def __init__(self, acts: Mapping[WakeKind, Act], now: Callable[[], datetime]) -> None:
        self._acts = acts
        self._now = now
        self._order = count()
        self._heap: list[tuple[datetime, int, Wake]] = []
        self._waiting: set[tuple[WakeKind, int]] = set()  # handed to a lane, not yet begun
        self._changed = Condition()
        self._stopping = False
        self._lanes = {
            lane: ThreadPoolExecutor(threads, thread_name_prefix=lane)
            for lane, threads in _THREADS.items()
        }
        self._thread = Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Begin to call."""
        self._thread.start()

    def stop(self) -> None:
        """Call nothing new; what is under way may end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for lane in self._lanes.values():
            lane.shutdown(wait=False, cancel_futures=True)

    def nudge(self, wakes: Sequence[Wake]) -> None:
        """Take wakes in, from any thread; never blocks for long."""
        horizon = self._now() + _FARTHEST
        soon = [wake for wake in wakes if wake.at <= horizon]
        if not soon:
            return
        with self._changed:
            for wake in soon:
                heapq.heappush(self._heap, (wake.at, next(self._order), wake))
            self._changed.notify_all()

    def act(self, wake: Wake) -> None:
        """Call what a wake asks for, here and now. A defect is logged, never raised."""
        try:
            self._acts[wake.kind](wake.subject)
        except NotFound:
            log.info("nothing there any more for %s %s", wake.kind, wake.subject)
        except Problem as problem:
            log.warning("%s %s: %s (%s)", wake.kind, wake.subject, problem.message, problem.code)
        except Exception:  # the edge: one bad row must not stop the others
            log.exception("%s %s failed", wake.kind, wake.subject)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopping and not self._due():
                    self._changed.wait(self._nap_s())
                if self._stopping:
                    return
                wake = heapq.heappop(self._heap)[2]
                key = (wake.kind, wake.subject)
                if key in self._waiting:
                    continue
                self._waiting.add(key)
            self._lanes[_LANE_OF[wake.kind]].submit(self._begin, wake)

    def _due(self) -> bool:
        return bool(self._heap) and self._heap[0][0] <= self._now()

    def _nap_s(self) -> float:
        if not self._heap:
            return _LONGEST_NAP_S
        return min(_LONGEST_NAP_S, max(0.0, (self._heap[0][0] - self._now()).total_seconds()))

    def _begin(self, wake: Wake) -> None:
        with self._changed:
            self._waiting.discard((wake.kind, wake.subject))
        self.act(wake)
