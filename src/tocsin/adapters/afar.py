"""Runs bash statements at the far end of a client: what ssh, docker and kubectl have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import ClassVar

from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.keeping.sandbox import control_sockets
from tocsin.adapters.shell import (
    BASH,
    INSTALL,
    SCRATCH,
    WALLS,
    environment,
    limited,
    plain,
    unfit,
    unparsed,
)
from tocsin.adapters.tether import Errand, far_words, tie, unfit_names
from tocsin.core.errors import Problem
from tocsin.core.run import Limits, Outcome
from tocsin.core.workspace import Reads, Target, TargetKind
from tocsin.ports.executors import Execution, Stop

_HIDING = """
hidden=() walls=()
while [[ $1 != -- ]]; do
  for each in $1; do
    each=$(readlink -f "$each")
    if [[ -d $each ]]; then hidden+=(--tmpfs "$each" --remount-ro "$each")
    elif [[ -e $each ]]; then hidden+=(--ro-bind /dev/null "$each"); fi
  done
  shift
done
shift
while [[ $1 != -- ]]; do walls+=("$1"); shift; done
shift
exec "$0" "${walls[@]}" "${hidden[@]}" "$@"
"""
"""Finds the sockets of daemons where it runs, and hides them: see `keeping.sandbox`."""

_PROBE = Limits(time=timedelta(seconds=10), output_bytes=1000)


class AfarExecutor(ABC):
    """Runs bash on targets of one kind, through the client that reaches them.

    Looking goes through bubblewrap there, behind the same walls as here, unless the target says
    that its reading login can change nothing (`reads = "login"`). Where neither holds, nothing
    runs there unattended.
    """

    kind: ClassVar[TargetKind]

    def __init__(self, *, bwrap: str = "bwrap") -> None:
        self._bwrap = bwrap
        self._proven: set[tuple[str, str, bool]] = set()  # failure is asked anew

    @abstractmethod
    def client(
        self, target: Target, host: str, words: Sequence[str], *, changing: bool
    ) -> Sequence[str]:
        """Return the client and its arguments that run `words` there.

        Args:
            target: The target.
            host: The one of its hosts; empty where it is one place.
            words: What to run there.
            changing: Whether to use the login for changing.

        Raises:
            Problem: There is no such place, or not exactly one.
        """

    def ready(self, target: Target, *, read_only: bool) -> str:
        """Return an empty string if it could run on all its hosts, else one sentence why not."""
        if target.kind is not self.kind:
            return f"Target {target.name} is {target.kind}, not {self.kind}."
        for host in target.hosts or ("",):
            reason = self._why_unready(target, host, read_only=read_only)
            if reason:
                return f"{host or target.name}: {reason}"
        return ""

    def _why_unready(self, target: Target, host: str, *, read_only: bool) -> str:
        try:
            return self._unready(target, host, read_only=read_only).said
        except Problem as problem:
            return problem.message

    def run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        """Run it on one host and return how it ended; stdout and stderr reach `say` merged."""
        reason = _unfit(execution) or unparsed(execution.command.text)
        if reason:
            return Outcome(exit_status=None, said=reason)
        try:
            return self._run(execution, say)
        except Problem as problem:
            return Outcome(exit_status=None, said=f"Nothing ran: {problem.message}")

    def _run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        target, limits = execution.target, execution.command.limits
        if execution.read_only and target.reads is Reads.SANDBOX:
            unready = self._unready(target, execution.host, read_only=True)
            if unready.said:
                return unready
        words = far_words("" if execution.read_only else execution.command.run_as)
        argv = self.client(target, execution.host, words, changing=not execution.read_only)
        excerpt = Excerpt(limits.output_bytes, say)
        return tie(
            argv, self._errand(execution), limits=limits, stop=execution.stop, excerpt=excerpt
        )

    def _errand(self, execution: Execution) -> Errand:
        command, target = execution.command, execution.target
        directory, seen = target.directory or "/", environment(execution.environment)
        if not execution.read_only:
            words = plain(command.text)
            return Errand(words=words, environment=seen, directory=directory, leaves=True)
        inside = limited(command.text, command.limits)
        if target.reads is Reads.LOGIN:
            return Errand(words=inside, environment=seen, directory=directory)
        words = self._walled((*("--chdir", directory, "--"), *inside), execution.programs)
        return Errand(words=words, environment={"TMPDIR": SCRATCH, **seen}, directory="/")

    def _walled(self, rest: Sequence[str], programs: Collection[str]) -> tuple[str, ...]:
        """Return the words that put up the walls there, and then run the rest of bubblewrap's."""
        sockets = control_sockets(programs)
        return (*BASH, "-c", _HIDING, self._bwrap, *sockets, "--", *WALLS, "--", *rest)

    def _unready(self, target: Target, host: str, *, read_only: bool) -> Outcome:
        """Return an outcome with a reason where it could not run there."""
        place = (target.sha256(), host, read_only)
        if place in self._proven:
            return Outcome(exit_status=0)
        said: list[bytes] = []
        walled = read_only and target.reads is Reads.SANDBOX
        words = self._walled(("true",), frozenset()) if walled else ("true",)
        errand = Errand(words=words, environment=environment({}), directory="/")
        excerpt = Excerpt(_PROBE.output_bytes, said.append)
        argv = self.client(target, host, far_words(), changing=not read_only)
        outcome = tie(argv, errand, limits=_PROBE, stop=Stop(), excerpt=excerpt)
        if outcome.succeeded:
            self._proven.add(place)
            return outcome
        if outcome.exit_status is None:
            return outcome
        cause = b"".join(said).decode(errors="replace").strip()[:200]
        return Outcome(exit_status=None, said=_no_walls(cause))


def _unfit(execution: Execution) -> str:
    given = execution.environment
    return unfit(execution.command.text, given) or unfit_names(given)


def _no_walls(cause: str) -> str:
    told = f" ({cause})" if cause else ""
    return (
        f"There is no sandbox there: bubblewrap does not work{told}. {INSTALL}"
        " Or set `reads` on the target."
    )
