"""What we ask of whatever looks at a system for our own checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from tocsin.core.workspace import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one look found."""

    healthy: bool
    said: str  # one sentence: what was found, or why it could not look
    figure: float | None = None
    unit: str = ""
    took: timedelta = timedelta()


class Probe(Protocol):
    """Looks once. Never raises for what it finds, and never takes longer than the timeout."""

    def look(self, check: Check) -> Reading:
        """Return what was found. A probe that cannot look is unhealthy, and says why."""
        ...
