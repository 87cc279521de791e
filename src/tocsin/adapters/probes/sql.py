"""Looks by a SQL query: its first value must be true, or stay within `above` and `below`."""

from __future__ import annotations

from tocsin.adapters.looking import BoundedProbe, one_line, outside, text_of, write_number
from tocsin.adapters.querying import as_number, figure_of, first_value, target_of
from tocsin.core.workspace import Check
from tocsin.ports.executors import SecretOf
from tocsin.ports.probes import Reading

_FALSE = ("", "0", "f", "false", "no", "off")  # as databases and people write it


class SqlProbe(BoundedProbe):
    """Asks one question, read-only."""

    def __init__(self, secret: SecretOf) -> None:
        """Take what knows the passwords of targets."""
        super().__init__()
        self._secret = secret

    def find(self, check: Check, limit: float) -> Reading:
        value = first_value(target_of(check), self._secret, text_of(check, "sql"), limit)
        if "above" in check.options or "below" in check.options:
            return _compared(check, as_number(value))
        shown = "nothing" if value is None else one_line(str(value)) or "an empty text"
        return Reading(
            healthy=_true(value),
            said=f"The query gave {shown}.",
            figure=figure_of(value),
            unit=text_of(check, "unit"),
        )


def _compared(check: Check, figure: float) -> Reading:
    unit = text_of(check, "unit")
    how = outside(check, figure)
    found = f"The query gave {write_number(figure)} {unit}".rstrip()
    said = f"{found}, {how}." if how else f"{found}."
    return Reading(healthy=not how, said=said, figure=figure, unit=unit)


def _true(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE
    return bool(value)
