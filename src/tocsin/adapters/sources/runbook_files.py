"""The team's runbooks as files: read again whenever they have changed on disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from tocsin.core.errors import Problem
from tocsin.core.runbook import Finding, Runbook

Read = Callable[[str, bytes], Runbook]
_Stamp = tuple[int, int, int]
_SETTLED_NS = 1_000_000_000
"""A file that was written within this could be written again without its stamp changing."""


class RunbookFiles:
    """Runbooks below one directory. A file that cannot be read is a problem, not a crash."""

    def __init__(self, directory: Path, files: tuple[str, ...], read: Read) -> None:
        self._directory = directory
        self._files = files
        self._read = read
        self._lock = Lock()
        self._held: dict[str, tuple[_Stamp, Runbook]] = {}
        self._failed: dict[str, Finding] = {}

    def get(self, file: str) -> Runbook | None:
        """Return the runbook as it is on disk now, or None where it cannot be read."""
        with self._lock:
            try:
                return self._current(file)
            except (OSError, Problem) as error:
                self._held.pop(file, None)
                self._failed[file] = _failure(error)
                return None

    def _current(self, file: str) -> Runbook:
        path = self._directory / file
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        held = self._held.get(file)
        if held and held[0] == stamp:
            return held[1]
        runbook = self._read(file, path.read_bytes())
        if time.time_ns() - status.st_mtime_ns > _SETTLED_NS:
            self._held[file] = (stamp, runbook)
        self._failed.pop(file, None)
        return runbook

    def problems(self) -> list[tuple[str, Finding]]:
        """Return what is wrong with any of them: the file, and the finding."""
        found: list[tuple[str, Finding]] = []
        for file in self._files:
            runbook = self.get(file)
            if runbook is None:
                found.append((file, self._failed[file]))
            else:
                found += [(file, finding) for finding in runbook.findings]
        return found


def _failure(error: OSError | Problem) -> Finding:
    if isinstance(error, Problem):
        return Finding(code=error.code, line=0, message=error.message)
    said = f"The file cannot be read: {error.strerror or error}."
    return Finding(code="runbook.missing", line=0, message=said)
