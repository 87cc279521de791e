"""Looks how many wait in a queue that lies in a database."""

from __future__ import annotations

from tocsin.adapters.looking import BoundedProbe, number_of, text_of, write_number
from tocsin.adapters.querying import as_number, first_value, target_of
from tocsin.core.workspace import Check
from tocsin.ports.executors import SecretOf
from tocsin.ports.probes import Reading


class QueueProbe(BoundedProbe):
    """Counts by a SQL query; a queue that gives no row is empty."""

    def __init__(self, secret: SecretOf) -> None:
        """Take what knows the passwords of targets."""
        super().__init__()
        self._secret = secret

    def find(self, check: Check, limit: float) -> Reading:
        value = first_value(target_of(check), self._secret, text_of(check, "sql"), limit)
        depth = as_number(0 if value is None else value)
        above = number_of(check, "above", 0)
        unit = text_of(check, "unit", "waiting")
        found = f"{write_number(depth)} {unit}"
        if depth > above:
            said = f"{found}, more than {write_number(above)}."
            return Reading(healthy=False, said=said, figure=depth, unit=unit)
        said = f"{found}, at most {write_number(above)} are fine."
        return Reading(healthy=True, said=said, figure=depth, unit=unit)
