"""What we ask of a place outside the database that keeps checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from tocsin.core.checkpoint import Checkpoint

After = Callable[[int], Sequence[Checkpoint]]
"""Returns the checkpoints with numbers above one, oldest first."""


class Outlet(Protocol):
    """Keeps checkpoints somewhere else."""

    def send(self, after: After) -> None:
        """Hand out what this place does not have yet; nothing where it has all.

        Raises:
            Unavailable("audit.…"): It could not be handed out: try again.
            Conflict("audit.diverged"): The place holds other checkpoints than the database.
        """
        ...
