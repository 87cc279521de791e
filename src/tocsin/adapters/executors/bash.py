"""Runs bash on this machine: looking inside a sandbox that cannot write, changing outside of it.

Looking goes through bubblewrap: the whole file system read-only, the host's processes visible
but out of reach of signals, no capabilities, only a small private tmpfs to write to. The
network and the sockets of the host stay reachable, which is why the allow-list of commands
is the other wall. Where bubblewrap does not work nothing is run: there is no way around it.

Changing (approved by a person) has no sandbox and no limit on memory or processes, since
"restart the worker" leaves a process behind that would inherit them. The limits on time and
output hold. Such a process must have redirected its output: we stop reading when bash ends.

As root the kernel does not enforce the limit on processes; the time limit ends a fork bomb.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess  # running commands is what this module is for
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.shell import (
    BASH,
    INSTALL,
    PATH,
    SCRATCH,
    WALLS,
    environment,
    limited,
    plain,
    unfit,
)
from tocsin.core.run import Limits, Outcome
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution

_PIECE_BYTES = 64 * 1024
_DRAIN_SECONDS = 0.5  # for output still in the pipe after the end
_DEATH_SECONDS = 5.0  # for the kernel to clear a sandbox away


class _NotStarted(Exception):
    """The kernel would not start it; nothing of it ran."""


class BashExecutor:
    """Runs bash statements on the `local` target."""

    def __init__(self, *, bwrap: str = "bwrap") -> None:
        self._bwrap = bwrap
        self._proven = False  # that the sandbox starts here; failure is asked anew

    def ready(self, target: Target, *, read_only: bool) -> str:
        """Return an empty string if it could run there, else one sentence why not."""
        if target.kind is not TargetKind.LOCAL:
            return f"Target {target.name} is {target.kind}; bash runs on local targets."
        if not shutil.which("bash", path=PATH):
            return "There is no bash on this machine."
        if target.directory and not os.path.isdir(target.directory):
            return f"The directory of target {target.name} does not exist: {target.directory}"
        return self._sandbox_missing() if read_only else ""

    def run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        """Run it and return how it ended; stdout and stderr reach `say` merged, in order."""
        command = execution.command
        reason = self.ready(execution.target, read_only=execution.read_only)
        reason = reason or unfit(command.text, execution.environment) or _unparsed(command.text)
        if reason:
            return Outcome(exit_status=None, said=reason)
        excerpt = Excerpt(command.limits.output_bytes, say)
        try:
            if execution.read_only:
                return _observe(self._sandboxed(execution), execution, excerpt)
            return _change(execution, excerpt)
        except _NotStarted as error:
            return Outcome(exit_status=None, said=f"It could not be started: {error}.")

    def _sandbox_missing(self) -> str:
        if self._proven:
            return ""
        if not shutil.which(self._bwrap):
            return f"There is no sandbox: bubblewrap (bwrap) was not found. {INSTALL}"
        try:
            probe = subprocess.run(  # noqa: S603
                [self._bwrap, *WALLS, "true"],
                env=environment({}),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=10,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"The sandbox cannot start here: {error}. {INSTALL}"
        if probe.returncode:
            cause = probe.stderr.decode(errors="replace").strip()[:200]
            return (
                f"The sandbox cannot start here ({cause}). Allow unprivileged user namespaces"
                " (sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap)."
            )
        self._proven = True
        return ""

    def _sandboxed(self, execution: Execution) -> list[str]:
        command = execution.command
        directory = os.path.abspath(execution.target.directory or "/")
        inside = limited(command.text, command.limits)
        return [self._bwrap, *WALLS, "--chdir", directory, *inside]


def _unparsed(text: str) -> str:
    """Return why bash cannot parse the whole text, or an empty string.

    Bash parses as it goes: without this the first half of a broken text would run.
    """
    try:
        check = subprocess.run(  # noqa: S603
            [*BASH, "-n", "-c", text],
            env=environment({}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10,
        )
    except subprocess.TimeoutExpired:
        return "Bash took more than 10 s to parse it."
    complaint = check.stderr.decode(errors="replace").strip()
    if check.returncode or complaint:
        return f"Bash cannot parse it, so nothing of it ran: {complaint[:300]}"
    return ""


def _observe(argv: Sequence[str], execution: Execution, excerpt: Excerpt) -> Outcome:
    """Run in the sandbox; return when nothing that was started in it lives."""
    facts, told = os.pipe()
    try:
        argv = [argv[0], "--info-fd", str(told), *argv[1:]]
        seen = environment({"TMPDIR": SCRATCH, **execution.environment})
        process, output = _start(argv, seen, directory="/", keep=(told,))
    except _NotStarted:
        os.close(facts)
        raise
    finally:
        os.close(told)
    init = _sandbox_init(facts)
    try:
        timed_out = _follow(process, output, excerpt, execution.command.limits)
    finally:
        process.kill()
        process.wait()
        _await_death(init)
        _finish(output, excerpt)
    return _outcome(process, timed_out, execution.command.limits)


def _change(execution: Execution, excerpt: Excerpt) -> Outcome:
    """Run without walls. What it leaves behind in the background lives on, unless time ran out."""
    argv = plain(execution.command.text)
    seen = environment(execution.environment)
    process, output = _start(argv, seen, directory=execution.target.directory or "/")
    ended = False
    timed_out = False
    try:
        timed_out = _follow(process, output, excerpt, execution.command.limits)
        ended = not timed_out
    finally:
        if not ended:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        _finish(output, excerpt)
    return _outcome(process, timed_out, execution.command.limits)


def _start(
    argv: Sequence[str],
    seen: Mapping[str, str],
    *,
    directory: str,
    keep: tuple[int, ...] = (),
) -> tuple[subprocess.Popen[bytes], int]:
    """Return the process, in a session of its own, and where to read its output."""
    output, ours = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603
            argv,
            env=seen,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=ours,
            stderr=ours,
            start_new_session=True,
            pass_fds=keep,
        )
    except OSError as error:
        os.close(output)
        raise _NotStarted(error.strerror) from error
    finally:
        os.close(ours)
    os.set_blocking(output, False)
    return process, output


def _follow(
    process: subprocess.Popen[bytes], output: int, excerpt: Excerpt, limits: Limits
) -> bool:
    """Hand on output until the process ends; return whether time ran out before it did.

    The end of the process counts, not the end of the output: something in the background
    may hold the pipe open for ever.
    """
    deadline = time.monotonic() + limits.time.total_seconds()
    ended = os.pidfd_open(process.pid)
    waiting = select.poll()
    waiting.register(ended, select.POLLIN)
    waiting.register(output, select.POLLIN)
    try:
        while (left := deadline - time.monotonic()) > 0:
            ready = {fd for fd, _ in waiting.poll(left * 1000)}
            if output in ready and not _read(output, excerpt):
                waiting.unregister(output)
            if ended in ready:
                return False
        return True
    finally:
        os.close(ended)


def _read(output: int, excerpt: Excerpt) -> bool:
    """Hand on one piece; return whether there may be more."""
    try:
        piece = os.read(output, _PIECE_BYTES)
    except BlockingIOError:
        return True
    excerpt.feed(piece)
    return bool(piece)


def _finish(output: int, excerpt: Excerpt) -> None:
    try:
        _drain(output, excerpt)
        excerpt.close()
    finally:
        os.close(output)


def _drain(output: int, excerpt: Excerpt) -> None:
    """Hand on what is in the pipe now, even if somebody still holds the other end."""
    deadline = time.monotonic() + _DRAIN_SECONDS
    while select.select([output], [], [], 0)[0] and time.monotonic() < deadline:
        if not _read(output, excerpt):
            return


def _sandbox_init(facts: int) -> int | None:
    """Return a handle on the sandbox's first process; its end is the end of all in it."""
    with open(facts, "rb") as stream:
        told = stream.read(4096)
    try:
        return os.pidfd_open(json.loads(told)["child-pid"])
    except (ValueError, KeyError, OSError):
        return None  # it never started, or is over already


def _await_death(init: int | None) -> None:
    if init is None:
        return
    try:
        waiting = select.poll()
        waiting.register(init, select.POLLIN)
        if not waiting.poll(_DEATH_SECONDS * 1000):
            signal.pidfd_send_signal(init, signal.SIGKILL)
            waiting.poll(_DEATH_SECONDS * 1000)
    except ProcessLookupError:
        return
    finally:
        os.close(init)


def _outcome(process: subprocess.Popen[bytes], timed_out: bool, limits: Limits) -> Outcome:
    if timed_out:
        seconds = limits.time.total_seconds()
        said = f"Stopped: it was still running after its time limit of {seconds:g} s."
        return Outcome(exit_status=None, timed_out=True, said=said)
    status = process.returncode
    if status < 0:
        said = f"It was killed by {signal.Signals(-status).name}."
        return Outcome(exit_status=128 - status, said=said)
    return Outcome(exit_status=status)
