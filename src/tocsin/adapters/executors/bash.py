"""Runs bash on this machine: looking inside a sandbox that cannot write, changing under a warden.

Looking goes through the sandbox. Where that does not work nothing is run: there is no way around
it. Changing (approved by a person) has no sandbox and no limit on memory or processes, since
"restart the worker" leaves a process behind that would inherit them. A warden looks after it:
the limits on time and output hold, and whatever it started ends when it is stopped. A process
that is meant to stay must have redirected its output: we stop reading when bash ends.

As root the kernel does not enforce the limit on processes; the time limit ends a fork bomb.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Collection

from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.keeping import sandbox, wardens
from tocsin.adapters.keeping.following import Ended, finish, follow
from tocsin.adapters.shell import PATH, SCRATCH, environment, limited, plain, unfit, unparsed
from tocsin.core.run import Limits, Outcome
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution

_REPORT_SECONDS = 3.0  # for a warden to say how it ended, when its time is up


class BashExecutor:
    """Runs bash statements on the `local` target.

    Args:
        bwrap: The program that makes the sandbox.
        hidden: Files and folders that no look may see.
    """

    def __init__(self, *, bwrap: str = "bwrap", hidden: Collection[str] = ()) -> None:
        self._sandbox = sandbox.Sandbox(bwrap=bwrap, hidden=hidden)
        self._wardens = wardens.Wardens()

    def ready(self, target: Target, *, read_only: bool) -> str:
        """Return an empty string if it could run there, else one sentence why not."""
        if target.kind is not TargetKind.LOCAL:
            return f"Target {target.name} is {target.kind}; bash runs on local targets."
        if not shutil.which("bash", path=PATH):
            return "There is no bash on this machine."
        if target.directory and not os.path.isdir(target.directory):
            return f"The directory of target {target.name} does not exist: {target.directory}"
        return self._sandbox.missing(target.profile) if read_only else ""

    def run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        """Run it and return how it ended; stdout and stderr reach `say` merged, in order."""
        reason = self.ready(execution.target, read_only=execution.read_only)
        text = execution.command.text
        reason = reason or unfit(text, execution.environment) or unparsed(text)
        if reason:
            return Outcome(exit_status=None, said=reason)
        excerpt = Excerpt(execution.command.limits.output_bytes, say)
        try:
            if execution.read_only:
                return self._look(execution, excerpt)
            return self._change(execution, excerpt)
        except (sandbox.NotStarted, wardens.NotStarted) as error:
            return Outcome(exit_status=None, said=f"It could not be started: {error}.")

    def _look(self, execution: Execution, excerpt: Excerpt) -> Outcome:
        limits = execution.command.limits
        ended, status = self._sandbox.run(
            limited(execution.command.text, limits),
            target=execution.target,
            programs=execution.programs,
            seen=environment({"TMPDIR": SCRATCH, **execution.environment}),
            excerpt=excerpt,
            seconds=limits.time.total_seconds(),
            stop=execution.stop,
        )
        if ended is Ended.BY_STOP:
            return execution.stop.outcome()
        return _late(limits) if ended is Ended.BY_TIME else _outcome(status)

    def _change(self, execution: Execution, excerpt: Excerpt) -> Outcome:
        """Run without walls. What it leaves behind lives on, unless it did not end by itself."""
        ward = self._wardens.call()
        try:
            ward.start(_order(execution))
            return _followed(ward, execution, excerpt)
        finally:
            ward.close()


def _followed(ward: wardens.Ward, execution: Execution, excerpt: Excerpt) -> Outcome:
    limits = execution.command.limits
    followed: Ended | None = None
    try:
        with execution.stop.calls(ward.stop):
            patience = limits.time.total_seconds() + _REPORT_SECONDS
            followed = follow(ward.output, excerpt, ended=ward.fileno(), seconds=patience)
    finally:
        if followed is None:  # we cannot go on, so nobody would hear how it ends
            ward.stop()
        ending = ward.ending(0.0 if followed is Ended.BY_TIME else _REPORT_SECONDS)
        finish(ward.output, excerpt)
    return _change_outcome(ending, execution)


def _change_outcome(ending: wardens.Ending, execution: Execution) -> Outcome:
    if ending.by == "itself" and ending.status is not None:
        return _outcome(os.waitstatus_to_exitcode(ending.status))
    left = f" {ending.left} of its processes could not be ended." if ending.left else ""
    if ending.by == "stop":
        outcome = execution.stop.outcome()
    elif ending.by == "time":
        outcome = _late(execution.command.limits)
    else:
        said = "Whatever watched over it was ended: how it went on is not known."
        outcome = Outcome(exit_status=None, said=said, lost=True)
    return Outcome(
        exit_status=None,
        said=outcome.said + left,
        timed_out=outcome.timed_out,
        lost=outcome.lost or bool(left),
    )


def _order(execution: Execution) -> wardens.Order:
    return wardens.Order(
        argv=plain(execution.command.text),
        environment=environment(execution.environment),
        directory=execution.target.directory or "/",
        scratch=os.path.join(tempfile.gettempdir(), f"tocsin-step-{secrets.token_hex(8)}"),
        seconds=execution.command.limits.time.total_seconds(),
    )


def _late(limits: Limits) -> Outcome:
    seconds = limits.time.total_seconds()
    said = f"Stopped: it was still running after its time limit of {seconds:g} s."
    return Outcome(exit_status=None, timed_out=True, said=said)


def _outcome(status: int) -> Outcome:
    if status < 0:
        said = f"It was killed by {signal.Signals(-status).name}."
        return Outcome(exit_status=128 - status, said=said)
    return Outcome(exit_status=status)
