"""What we ask of whatever runs a statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from tocsin.core.run import Command, Outcome
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One statement about to run: what, where, with which environment, how confined."""

    command: Command
    target: Target
    environment: Mapping[str, str]  # all it sees, secrets included; nothing is inherited
    read_only: bool  # confined so that it cannot write; else it was approved


class Executor(Protocol):
    """Runs statements of one or more languages on targets of one kind."""

    def ready(self, target: Target, *, read_only: bool) -> str:
        """Return an empty string if it could run there, else one sentence why not."""
        ...

    def run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        """Run it and return how it ended; hand output to `say` as it comes.

        Output beyond the limit is not handed on: its middle is cut, and how much is said.
        Never raises for what the statement does: that is an outcome. When this returns,
        nothing that the statement started read-only is still running.
        """
        ...


Executors = Mapping[tuple[Language, TargetKind], Executor]
"""What runs statements of a language on targets of a kind; a pair that is missing cannot run."""
