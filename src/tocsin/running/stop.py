"""The global stop: no step starts, and every running one is ended, until somebody lifts it.

It stands in the database, so it holds for every process and outlives all of them. Paging goes
on: people are needed more than ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from tocsin.core.errors import Conflict, Invalid
from tocsin.core.timeline import EntryKind
from tocsin.ports.store import Tx
from tocsin.records import timeline

_NAME = "stop"
_LONGEST_REASON = 1000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A stop that stands."""

    by: str
    at: datetime
    because: str

    @property
    def told(self) -> str:
        """One sentence, without its full stop."""
        return f"Stopped by {self.by} at {self.at:%H:%M:%S} UTC: {self.because}"


def standing(tx: Tx) -> Standing | None:
    """Return the stop that stands, or None."""
    held = tx.settings.get(_NAME)
    return msgspec.json.decode(held, type=Standing) if held else None


def refuse(tx: Tx) -> None:
    """Raise while everything is stopped.

    Raises:
        Conflict("stop.standing")
    """
    if found := standing(tx):
        raise Conflict("stop.standing", f"{found.told}.", hint="`tocsin stop --lift` lifts it.")


def stop(tx: Tx, because: str, *, by: str, now: datetime) -> Standing:
    """Stop everything and say so in every open incident. A stop that stands stays as it is.

    Raises:
        Invalid("reason.missing"): Why is not said.
    """
    wanted = Standing(by=by, at=now, because=reason_of(because))
    if found := standing(tx):
        return found
    tx.settings.put(_NAME, msgspec.json.encode(wanted).decode())
    _tell(tx, f"everything is stopped: {wanted.because}", by=by, now=now)
    return wanted


def lift(tx: Tx, because: str, *, by: str, now: datetime) -> None:
    """Let steps start again. Lifting what does not stand is harmless.

    Raises:
        Invalid("reason.missing"): Why is not said.
    """
    reason = reason_of(because)
    if standing(tx) is None:
        return
    tx.settings.remove(_NAME)
    _tell(tx, f"the stop is lifted: {reason}", by=by, now=now)


def reason_of(text: str) -> str:
    """Return a reason as it is kept.

    Raises:
        Invalid("reason.missing"): There is none.
    """
    reason = " ".join(text.split())[:_LONGEST_REASON]
    if not reason:
        raise Invalid("reason.missing", "Say why: it stands in the record.")
    return reason


def _tell(tx: Tx, text: str, *, by: str, now: datetime) -> None:
    tx.audit.note(EntryKind.WARNING, text, at=now, actor=by)
    for incident in tx.incidents.open():
        timeline.note(tx, incident.id, EntryKind.WARNING, text, at=now, actor=by)
