"""Output on its way from a running statement to the timeline: redacted, soon, not too often.

A database that does not take it for a moment must not change how the statement ends: the text
is held and handed on with the next. What is left when the statement has ended is recorded
together with how it ended, so what ends quickly costs no commit of its own for its output.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from threading import Lock, Timer

from tocsin.core.errors import Problem, Unavailable
from tocsin.core.run import Outcome
from tocsin.running.redact import Redactor

_FLUSH_AFTER_S = 0.2
_FLUSH_CHARACTERS = 16 * 1024
_MOST_HELD = 1024 * 1024  # characters, while the database takes nothing
_PATIENCE_S = 120.0
_NAP_S = 1.0

log = logging.getLogger("tocsin.worker")


def patiently(record: Callable[[], None], *, patience_s: float = _PATIENCE_S) -> None:
    """Record what has happened; while the database is not available, try again for a while.

    Raises:
        Unavailable("store.…"): It was not available for all that time; the auditor settles it.
    """
    ends = time.monotonic() + patience_s
    while True:
        try:
            record()
        except Unavailable:
            if time.monotonic() > ends:
                raise
            time.sleep(_NAP_S)
        else:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a statement ended, and what of its output is on record nowhere yet."""

    outcome: Outcome
    rest: str = ""


def settle(ran: Ran, record: Callable[[Ran], None], *, patience_s: float = _PATIENCE_S) -> None:
    """Record how it ended with the rest of its output, patiently; in the end without that.

    Raises:
        Unavailable("store.…"): The database took neither; the auditor settles it.
    """
    try:
        patiently(lambda: record(ran), patience_s=patience_s)
    except Unavailable as problem:
        if not ran.rest:
            raise
        log.error("%d characters of output were lost: %s", len(ran.rest), problem.message)
        patiently(lambda: record(replace(ran, rest="")), patience_s=patience_s)


class Gathering:
    """Takes bytes as they come and hands on redacted text a few times a second."""

    def __init__(self, secrets: Iterable[str], hand_on: Callable[[str], None]) -> None:
        self._redactor = Redactor(secrets)
        self._hand_on = hand_on
        self._lock = Lock()
        self._held = ""
        self._timer: Timer | None = None

    def take(self, chunk: bytes) -> None:
        """Take some output; it is handed on within a fifth of a second. Never raises."""
        with self._lock:
            self._held = (self._held + self._redactor.feed(chunk))[-_MOST_HELD:]
            if len(self._held) >= _FLUSH_CHARACTERS:
                self._flush()
            elif self._held and self._timer is None:
                self._set_timer()

    def rest(self) -> str:
        """Hand on nothing more, and return what was not handed on."""
        with self._lock:
            self._held += self._redactor.close()
            self._stop_timer()
            held, self._held = self._held, ""
        return held

    def _flush_later(self) -> None:
        with self._lock:
            self._timer = None
            self._flush()

    def _flush(self) -> None:
        self._stop_timer()
        if not self._held:
            return
        try:
            self._hand_on(self._held)
        except Problem:
            self._set_timer()  # it stays held
        else:
            self._held = ""

    def _set_timer(self) -> None:
        self._timer = Timer(_FLUSH_AFTER_S, self._flush_later)
        self._timer.daemon = True
        self._timer.start()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
