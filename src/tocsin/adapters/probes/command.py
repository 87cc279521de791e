"""Looks by running a command of the team's: exit status 0 is healthy."""

from __future__ import annotations

import os
import re
from math import inf, isfinite

from tocsin.adapters.looking import BoundedProbe, one_line, outside, text_of, write_number
from tocsin.adapters.spawning import spawn
from tocsin.core.workspace import Check
from tocsin.ports.probes import Reading

_FIGURE = re.compile(r"-?\d+(?:\.\d+)?")


class CommandProbe(BoundedProbe):
    """Runs a program with its arguments, or a line of shell, with a cleared environment."""

    def __init__(self, directory: str = "") -> None:
        """Start relative directories at `directory`, the workspace."""
        super().__init__()
        self._directory = directory

    def find(self, check: Check, limit: float) -> Reading:
        directory = os.path.join(self._directory, text_of(check, "directory"))
        status, output = spawn(_argv(check.options["command"]), directory, limit)
        figure = _figure(check, output)
        first = one_line(output)
        if status:
            ended = f"Killed by signal {-status}" if status < 0 else f"Exit status {status}"
            said = f"{ended}: {first}" if first else f"{ended}, and nothing said."
            return Reading(healthy=False, said=said, figure=figure, unit=text_of(check, "unit"))
        return _judged(check, figure, first)


def _judged(check: Check, figure: float | None, first: str) -> Reading:
    unit = text_of(check, "unit")
    if figure is not None and (how := outside(check, figure)):
        said = f"{write_number(figure)} {unit}".strip() + f" is {how}."
        return Reading(healthy=False, said=said, figure=figure, unit=unit)
    if figure is None and _wants_figure(check):
        return Reading(healthy=False, said="Exit status 0, but no number in the output.")
    said = f"Exit status 0: {first}" if first else "Exit status 0."
    return Reading(healthy=True, said=said, figure=figure, unit=unit)


def _wants_figure(check: Check) -> bool:
    return bool(check.options.get("figure")) or "above" in check.options or "below" in check.options


def _figure(check: Check, output: str) -> float | None:
    found = _FIGURE.search(output) if _wants_figure(check) else None
    figure = float(found.group()) if found else inf
    return figure if isfinite(figure) else None


def _argv(written: object) -> list[str]:
    if isinstance(written, list):
        return [str(word) for word in written]
    return ["/bin/sh", "-c", str(written)]
