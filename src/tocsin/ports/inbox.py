"""How a received message gets to the disk before its sender is told that it did."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from tocsin.core.alert import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One part of a message that made no sense."""

    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One message from one source, taken apart but not yet stored."""

    source: str
    raw: bytes
    reports: tuple[Report, ...]
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()  # what is to be said about the message as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a message: all of it is on disk by now."""

    accepted: int  # alerts that are new, or changed
    unchanged: int
    quarantined: int


class Inbox(Protocol):
    """Takes messages in and commits them in groups."""

    def put(self, incoming: Incoming) -> Future[Receipt]:
        """Return a future that is done once the message is durable.

        The future fails with Unavailable("store.…") if it could not be made so.

        Raises:
            Unavailable("intake.full"): Too many are waiting already.
        """
        ...
