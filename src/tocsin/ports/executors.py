"""What we ask of whatever runs a statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from tocsin.core.run import Command, Outcome
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind


class Stop:
    """Ends one running execution from outside: set once, from any thread, with the reason.

    Whoever runs it either looks at `because` now and then, or has itself called.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._acts: list[Callable[[], None]] = []
        self._because = ""

    @property
    def because(self) -> str:
        """Why it is to end, as one sentence without its full stop; empty while it may go on."""
        return self._because

    def set(self, because: str) -> None:
        """Have it ended. The first reason stays."""
        with self._lock:
            if self._because:
                return
            self._because = because
            for act in self._acts:
                act()

    @contextmanager
    def calls(self, act: Callable[[], None]) -> Iterator[None]:
        """Have `act` called once if this is set meanwhile, or was before; never afterwards.

        It is called from the thread that sets: it must be quick and must not raise.
        """
        with self._lock:
            self._acts.append(act)
            if self._because:
                act()
        try:
            yield
        finally:
            with self._lock:
                self._acts.remove(act)

    def outcome(self) -> Outcome:
        """Return the outcome of what was ended: nobody knows what it had done by then."""
        said = f"{self._because}: what it had done by then is not known."
        return Outcome(exit_status=None, said=said, lost=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One statement about to run: what, where, with which environment, how confined."""

    command: Command
    target: Target
    environment: Mapping[str, str]  # all it sees, secrets included; nothing is inherited
    read_only: bool  # confined so that it cannot write; else it was approved
    programs: frozenset[str] = frozenset()  # it calls by name: what it may ask for, if it looks
    host: str = ""  # the one of the command's hosts; empty where the target is one place
    stop: Stop = field(default_factory=Stop)  # set when it must end at once


SecretOf = Callable[[str], str]
"""Returns the value of the secret with this name; raises a Problem where there is none."""

Objection = Callable[[str, str], str]
"""Returns why a statement (its text and its dialect) does more than look; empty if it looks."""


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

        When `execution.stop` is set it ends what runs, all of it, and returns
        `execution.stop.outcome()` within two seconds.
        """
        ...


Executors = Mapping[tuple[Language, TargetKind], Executor]
"""What runs statements of a language on targets of a kind; a pair that is missing cannot run."""
