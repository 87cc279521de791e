"""Looks how much room a file system has left."""

from __future__ import annotations

import os

from tocsin.adapters.looking import BoundedProbe, number_of, text_of
from tocsin.core.workspace import Check
from tocsin.ports.probes import Reading

_GIB = 1024**3


class DiskProbe(BoundedProbe):
    """Counts what is left for those who are not root."""

    def __init__(self, directory: str = "") -> None:
        """Start relative paths at `directory`, the workspace."""
        super().__init__()
        self._directory = directory

    def find(self, check: Check, limit: float) -> Reading:
        path = text_of(check, "path")
        try:
            room = os.statvfs(os.path.join(self._directory, path))
        except OSError as error:
            return Reading(healthy=False, said=f"Cannot look at {path!r}: {error.strerror}.")
        whole = room.f_blocks - room.f_bfree + room.f_bavail
        free = 100 * room.f_bavail / whole if whole else 100.0
        wanted = number_of(check, "free_percent", 10)
        left = f"{free:.1f}% of {path!r} is free ({room.f_bavail * room.f_frsize / _GIB:.1f} GiB)"
        said = f"{left}." if free >= wanted else f"{left}, less than {wanted:g}%."
        return Reading(healthy=free >= wanted, said=said, figure=round(free, 1), unit="%")
