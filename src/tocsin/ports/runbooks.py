"""Where runbooks come from."""

from __future__ import annotations

from typing import Protocol

from tocsin.core.runbook import Finding, Runbook


class Runbooks(Protocol):
    """The team's documents, as they lie on disk now."""

    def get(self, file: str) -> Runbook | None:
        """Return the runbook as it is now, or None where it cannot be read."""
        ...

    def problems(self) -> list[tuple[str, Finding]]:
        """Return what is wrong with any of them: the file, and the finding."""
        ...
