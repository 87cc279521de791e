"""Looks whether a unit of systemd or supervisor is up."""

from __future__ import annotations

import os

from tocsin.adapters.looking import BoundedProbe, one_line, text_of
from tocsin.adapters.spawning import spawn
from tocsin.core.errors import Invalid
from tocsin.core.workspace import Check
from tocsin.ports.probes import Reading

_CONTROLS = ("systemctl", "supervisorctl")


class UnitProbe(BoundedProbe):
    """Asks `systemctl is-active` or `supervisorctl status`."""

    def __init__(self, directory: str = "") -> None:
        """Start a relative `config` at `directory`, the workspace."""
        super().__init__()
        self._directory = directory

    def find(self, check: Check, limit: float) -> Reading:
        unit, control = text_of(check, "unit"), text_of(check, "control", "systemctl")
        if unit.startswith("-"):
            raise Invalid("check.option", "The option 'unit' looks like an option of a command.")
        try:
            status, output = spawn(self._argv(check, control, unit), "", limit)
        except FileNotFoundError:
            return Reading(healthy=False, said=f"Cannot look: there is no {control} here.")
        if state := _state(control, output):
            return Reading(healthy=status == 0, said=f"{control} says {unit} is {state}.")
        why = one_line(output).rstrip(".") or "it said nothing"
        return Reading(healthy=False, said=f"{control} cannot tell how {unit} is: {why}.")

    def _argv(self, check: Check, control: str, unit: str) -> list[str]:
        if control not in _CONTROLS:
            raise Invalid("check.option", f"The option 'control' must be {' or '.join(_CONTROLS)}.")
        if control == "systemctl":
            return [control, "is-active", unit]
        config = text_of(check, "config")
        where = ["-c", os.path.join(self._directory, config)] if config else []
        return [control, *where, "status", unit]


def _state(control: str, output: str) -> str:
    """Return the state in one word; empty if something else was said."""
    words = one_line(output).split()
    if control == "systemctl":
        return words[0] if len(words) == 1 else ""
    known = len(words) > 1 and words[1].isupper() and words[1] != "ERROR"
    return words[1].lower() if known else ""
