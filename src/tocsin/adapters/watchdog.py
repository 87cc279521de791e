"""Ends a statement on a server at its time limit, or when somebody stops it.

First the server is asked to end it, which takes a connection of its own; if that does not help
within a moment, we hang up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from tocsin.ports.executors import Execution

GRACE_SECONDS = 2.0  # for the server to end a statement that it was asked to end


class Watchdog:
    """Watches over one execution while the block runs."""

    def __init__(
        self, execution: Execution, *, end: Callable[[], None], hang_up: Callable[[], None]
    ) -> None:
        """Take what asks the server to end it, and what hangs up; neither may raise."""
        self._acts = (0.0, end), (GRACE_SECONDS, hang_up)
        self._seconds = execution.command.limits.time.total_seconds()
        self._stopping = execution.stop.calls(lambda: self._wait(0.0))
        self._timers: list[threading.Timer] = []

    def __enter__(self) -> None:
        self._wait(self._seconds)
        self._stopping.__enter__()

    def __exit__(self, *_: object) -> None:
        self._stopping.__exit__(None, None, None)
        for timer in self._timers:
            timer.cancel()
            timer.join()

    def _wait(self, seconds: float) -> None:
        for after, act in self._acts:
            timer = threading.Timer(seconds + after, act)
            timer.daemon = True
            self._timers.append(timer)
            timer.start()
