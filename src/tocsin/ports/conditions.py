"""How we look again at what an alert complained about, without waiting for its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tocsin.core.alert import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What we found."""

    holds: bool | None  # True: still a problem; None: we cannot look
    said: str


class Conditions(Protocol):
    """Looks at an alert's own condition."""

    def look(self, alert: Alert) -> Condition:
        """Return whether the problem is still there. Never raises; may take some seconds."""
        ...
