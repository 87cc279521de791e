"""The one writer of incoming messages: whatever waits is committed together.

Each sender is answered after the commit that holds its message, so a 2xx means "on disk". One
fsync serves everybody who waited for it. A full queue is refused at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from queue import Empty, Full, Queue
from threading import Lock, Thread

from tocsin.core.errors import Problem, Unavailable
from tocsin.intake.receive import receive
from tocsin.ports.inbox import Incoming, Receipt
from tocsin.ports.store import Store

_MOST_WAITING = 512  # messages; each may be 16 MiB, but their sum is bounded too
_MOST_WAITING_BYTES = 128 * 1024 * 1024
_MOST_TOGETHER = 64  # messages per commit

log = logging.getLogger("tocsin.writer")
_Waiting = tuple[Incoming, "Future[Receipt]"]


class GroupWriter:
    """Takes messages in from any thread and commits them in groups from one."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._queue: Queue[_Waiting | None] = Queue(_MOST_WAITING)
        self._waiting_bytes = 0
        self._counting = Lock()
        self._thread = Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then stop."""
        self._queue.put(None)
        self._thread.join(timeout=10)

    @property
    def waiting_bytes(self) -> int:
        """How much is held in memory and not yet on disk."""
        return self._waiting_bytes

    def put(self, incoming: Incoming) -> Future[Receipt]:
        """Return a future that is done once the message is durable.

        Raises:
            Unavailable("intake.full"): Too many are waiting already.
        """
        future: Future[Receipt] = Future()
        self._count(len(incoming.raw))
        try:
            self._queue.put_nowait((incoming, future))
        except Full:
            self._count(-len(incoming.raw))
            raise _full() from None
        return future

    def _count(self, more_bytes: int) -> None:
        with self._counting:
            if more_bytes > 0 and self._waiting_bytes > _MOST_WAITING_BYTES:
                raise _full()
            self._waiting_bytes += more_bytes

    def _run(self) -> None:
        going = True
        while going:
            group, going = self._next_group()
            for _, future in group:
                future.set_running_or_notify_cancel()  # a sender that left is stored all the same
            if group:
                self._commit(group)
                self._count(-sum(len(incoming.raw) for incoming, _ in group))

    def _next_group(self) -> tuple[list[_Waiting], bool]:
        """Return everything that waits, at least one message, and whether to go on."""
        group: list[_Waiting] = []
        item = self._queue.get()
        while item is not None:
            group.append(item)
            if len(group) >= _MOST_TOGETHER:
                return group, True
            try:
                item = self._queue.get_nowait()
            except Empty:
                return group, True
        return group, False

    def _commit(self, group: list[_Waiting]) -> None:
        try:
            with self._store.begin() as tx:
                receipts = [receive(tx, incoming, now=self._now()) for incoming, _ in group]
        except Problem as problem:
            for _, future in group:
                _refuse(future, problem)
        except Exception as defect:  # noqa: BLE001  # the edge: one bad message must not stop all
            self._isolate(group, defect)
        else:
            for (_, future), receipt in zip(group, receipts, strict=True):
                if not future.cancelled():
                    future.set_result(receipt)

    def _isolate(self, group: list[_Waiting], defect: Exception) -> None:
        """Commit the messages of a group that failed one by one, so that the good ones count."""
        if len(group) > 1:
            for item in group:
                self._commit([item])
            return
        log.error("a message could not be stored", exc_info=defect)
        problem = Unavailable("store.unavailable", "The message could not be stored.")
        _refuse(group[0][1], problem)


def _refuse(future: Future[Receipt], problem: Problem) -> None:
    if not future.cancelled():
        future.set_exception(problem)


def _full() -> Unavailable:
    return Unavailable("intake.full", "Too many messages are waiting.", hint="Send it again.")
