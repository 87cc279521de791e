"""Sending while nothing can be written: what was sent, and when to try again.

A database that is full or read-only must cost no page. What goes out then cannot be recorded,
so it is remembered here: sent once, tried again if it failed, recorded when writing works again.
"""

from __future__ import annotations

from datetime import datetime
from threading import Lock

from tocsin.core.ids import DeliveryId
from tocsin.core.page import RETRY_AFTER


class Blind:
    """The memory of this process alone; gone with it, and then a page may come twice."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._said: dict[DeliveryId, str] = {}
        self._next: dict[DeliveryId, datetime] = {}

    def may_try(self, delivery_id: DeliveryId, now: datetime) -> bool:
        """Return whether to try now; if so, nobody else may for a while."""
        with self._lock:
            if delivery_id in self._said or now < self._next.get(delivery_id, now):
                return False
            self._next[delivery_id] = now + RETRY_AFTER[1]
            return True

    def sent(self, delivery_id: DeliveryId) -> str:
        """Return what the other side answered, if it was sent and never recorded."""
        with self._lock:
            return self._said.get(delivery_id, "")

    def remember(self, delivery_id: DeliveryId, said: str) -> None:
        """Remember that it was sent, until that is recorded."""
        with self._lock:
            self._said[delivery_id] = said or "taken"

    def forget(self, delivery_id: DeliveryId) -> None:
        """Forget it: the record has it now."""
        with self._lock:
            self._said.pop(delivery_id, None)
            self._next.pop(delivery_id, None)
