"""Tells open pages that something has changed, from whichever thread changed it.

It carries no content: whoever is woken reads the database again. Other nodes' changes do not
come this way, so those who wait also look by themselves now and then.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator


class Watch:
    """One open page's ear. An announcement made while it is busy is not lost."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard = asyncio.Event()
        self.told = False  # somebody announced something since it last looked

    def ring(self) -> None:
        """Wake it, from any thread; harmless when its loop is gone."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._heard.set)

    async def next(self, timeout_seconds: float) -> bool:
        """Return true once there was an announcement, false when the time is up."""
        try:
            await asyncio.wait_for(self._heard.wait(), timeout_seconds)
        except TimeoutError:
            return False
        self._heard.clear()
        return True


class Live:
    """Everybody who watches. One per process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal may arrive while it is held
        self._watches: set[Watch] = set()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the process is going down, so that streams should end."""
        return self._closed

    def announce(self) -> None:
        """Say that something has changed. Thread-safe, never blocks for long."""
        with self._lock:
            watches = tuple(self._watches)
        for watch in watches:
            watch.ring()

    def close(self) -> None:
        """End all streams: an open one would hold up the shutdown."""
        self._closed = True
        self.announce()

    @contextlib.contextmanager
    def watch(self) -> Iterator[Watch]:
        """Return an ear for as long as the block lasts. Call it inside the event loop."""
        watch = Watch()
        with self._lock:
            self._watches.add(watch)
        try:
            yield watch
        finally:
            with self._lock:
                self._watches.discard(watch)
