"""Looks how much memory is left, as the kernel reckons it: without swapping."""

from __future__ import annotations

from pathlib import Path

from tocsin.adapters.looking import BoundedProbe, number_of
from tocsin.core.errors import Unavailable
from tocsin.core.workspace import Check
from tocsin.ports.probes import Reading


class MemoryProbe(BoundedProbe):
    """Reads `MemAvailable` and `MemTotal`."""

    def __init__(self, meminfo: str = "/proc/meminfo") -> None:
        super().__init__()
        self._meminfo = Path(meminfo)

    def find(self, check: Check, limit: float) -> Reading:
        free = _free_percent(self._meminfo.read_text("ascii"))
        wanted = number_of(check, "free_percent", 10)
        said = f"{free:.1f}% of the memory is free"
        said += "." if free >= wanted else f", less than {wanted:g}%."
        return Reading(healthy=free >= wanted, said=said, figure=round(free, 1), unit="%")


def _free_percent(meminfo: str) -> float:
    rows = (line.partition(":") for line in meminfo.splitlines())
    sizes = {name: rest.split()[0] for name, _, rest in rows if rest.strip()}
    try:
        return 100 * int(sizes["MemAvailable"]) / int(sizes["MemTotal"])
    except (KeyError, ValueError, ZeroDivisionError) as error:
        raise Unavailable("check.memory", "The kernel does not say how much is free.") from error
