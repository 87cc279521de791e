"""Output on its way from a running statement to the timeline: redacted, soon, not too often."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock, Timer

from tocsin.running.redact import Redactor

_FLUSH_AFTER_S = 0.2
_FLUSH_CHARACTERS = 16 * 1024


class Gathering:
    """Takes bytes as they come and hands on redacted text a few times a second."""

    def __init__(self, secrets: Iterable[str], hand_on: Callable[[str], None]) -> None:
        self._redactor = Redactor(secrets)
        self._hand_on = hand_on
        self._lock = Lock()
        self._held = ""
        self._timer: Timer | None = None

    def take(self, chunk: bytes) -> None:
        """Take some output; it is handed on within a fifth of a second."""
        with self._lock:
            self._held += self._redactor.feed(chunk)
            if len(self._held) >= _FLUSH_CHARACTERS:
                self._flush()
            elif self._held and self._timer is None:
                self._timer = Timer(_FLUSH_AFTER_S, self._flush_later)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """Hand on the rest."""
        with self._lock:
            self._held += self._redactor.close()
            self._flush()

    def _flush_later(self) -> None:
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        held, self._held = self._held, ""
        if held:
            self._hand_on(held)
