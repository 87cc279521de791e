"""Durations and instants as people write them. No clock in here: `now` is an argument."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from tocsin.core.errors import Invalid

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def parse_duration(text: str) -> timedelta:
    """Return the duration written as `90s`, `5m`, `1h30m` or `2d`.

    Raises:
        Invalid("duration"): Anything else, nothing at all, or more than ten years.
    """
    compact = text.strip().lower()
    pieces = _PIECE.findall(compact)
    if not pieces or "".join(number + unit for number, unit in pieces) != compact:
        raise Invalid(
            "duration", f"{text!r} is not a duration.", hint="Write it as 90s, 5m, 1h30m or 2d."
        )
    seconds = sum(float(number) * _UNITS[unit] for number, unit in pieces)
    if seconds > 10 * 366 * 86400:
        raise Invalid("duration", f"{text!r} is longer than ten years.")
    return timedelta(seconds=seconds)


def write_duration(length: timedelta) -> str:
    """Return `length` as a person writes it: `45s`, `5m`, `1h30m`; two units at most."""
    seconds = round(abs(length.total_seconds()))
    parts = [(seconds // 86400, "d"), (seconds % 86400 // 3600, "h")]
    parts += [(seconds % 3600 // 60, "m"), (seconds % 60, "s")]
    told = [f"{number}{unit}" for number, unit in parts if number]
    return "".join(told[:2]) or "0s"


def write_instant(at: datetime) -> str:
    """Return `at` in UTC to the second, as `2026-01-05 03:00:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def write_clock(at: datetime) -> str:
    """Return the time of day of `at` in UTC, as `03:00:00`."""
    return at.astimezone(UTC).strftime("%H:%M:%S")
