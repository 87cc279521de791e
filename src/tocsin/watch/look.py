"""Look at every check once, side by side. What a look means over time is `core.check`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from tocsin.core.workspace import Check, CheckKind
from tocsin.ports.probes import Probe, Reading

_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the newest look at one check found."""

    check: Check
    reading: Reading
    at: datetime | None = None  # None where nobody asked for the time
    firing: bool = False  # whether it has failed often enough to be an alert

    @property
    def healthy(self) -> bool:
        """Whether that look found nothing wrong."""
        return self.reading.healthy

    @property
    def said(self) -> str:
        """What it found, in one sentence."""
        return self.reading.said


def read(check: Check, probe_of: Mapping[CheckKind, Probe]) -> Reading:
    """Return what one look finds; a kind nobody can look at is unhealthy."""
    probe = probe_of.get(check.kind)
    if probe is None:
        return Reading(healthy=False, said=f"Nothing here can look at checks of kind {check.kind}.")
    return probe.look(check)


def look_once(checks: Sequence[Check], probe_of: Mapping[CheckKind, Probe]) -> list[Result]:
    """Return what one look at each finds, in their order; at most 16 at a time."""
    if not checks:
        return []
    with ThreadPoolExecutor(min(len(checks), _AT_ONCE)) as pool:
        readings = pool.map(lambda check: read(check, probe_of), checks)
        return [
            Result(check=check, reading=reading)
            for check, reading in zip(checks, readings, strict=True)
        ]
