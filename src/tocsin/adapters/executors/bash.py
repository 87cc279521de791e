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
from tocsin.core.run import Limits, Outcome
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BASH = ("bash", "--noprofile", "--norc", "-p")  # -p: no functions or options from outside
_SCRATCH = "/dev/shm"  # noqa: S108  # inside the sandbox, where it is a tmpfs of its own
_WALLS = (
    *("--ro-bind", "/", "/", "--dev", "/dev"),
    *("--size", str(64 * 1024 * 1024), "--tmpfs", _SCRATCH, "--remount-ro", "/dev"),
    *("--unshare-pid", "--ro-bind", "/proc", "/proc", "--unshare-ipc", "--unshare-uts"),
    *("--unshare-user", "--cap-drop", "ALL", "--die-with-parent", "--new-session"),
)
_LIMITED = 'ulimit -c 0 -d "$0" -u "$1" 2>/dev/null; shift; exec "$@"'
_INSTALL = "Install it (Debian: apt install bubblewrap); until then nothing runs unattended."
_TEXT_BYTES = 100_000  # the kernel takes 128 KiB in one argument
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
        reason = self.ready(execution.target, read_only=execution.read_only)
        reason = reason or _unfit(execution) or _unparsed(execution.command.text)
        if reason:
            return Outcome(exit_status=None, said=reason)
        excerpt = Excerpt(execution.command.limits.output_bytes, say)
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
            return f"There is no sandbox: bubblewrap (bwrap) was not found. {_INSTALL}"
        try:
            probe = subprocess.run(  # noqa: S603
                [self._bwrap, *_WALLS, "true"],
                env=_environment({}),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=10,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"The sandbox cannot start here: {error}. {_INSTALL}"
        if probe.returncode:
            cause = probe.stderr.decode(errors="replace").strip()[:200]
            return (
                f"The sandbox cannot start here ({cause}). Allow unprivileged user namespaces"
                " (sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap)."
            )
        self._proven = True
        return ""

    def _sandboxed(self, execution: Execution) -> list[str]:
        limits = execution.command.limits
        return [
            *(self._bwrap, *_WALLS, "--chdir", os.path.abspath(execution.target.directory or "/")),
            *(*_BASH, "-c", _LIMITED, *_ceilings(limits), *_BASH, "-c", execution.command.text),
        ]


def _ceilings(limits: Limits) -> tuple[str, str]:
    return str(limits.memory_bytes // 1024), str(limits.processes)


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a statement. It is never passed as an argument,
    because every user of the machine can read arguments.
    """
    return {"PATH": PATH, "HOME": "/nonexistent", "LANG": "C.UTF-8", **given}


def _unfit(execution: Execution) -> str:
    """Return why the kernel would not take it, or an empty string."""
    pieces = [execution.command.text]
    for name, value in execution.environment.items():
        if not name or "=" in name:
            return f"{name!r} cannot be the name of an environment variable."
        pieces += [name, value]
    for piece in pieces:
        if "\0" in piece:
            return "It holds a NUL character, which no shell can be given."
        if len(piece.encode(errors="surrogatepass")) > _TEXT_BYTES:
            return f"It is longer than {_TEXT_BYTES} bytes; put it into a script of your own."
        if any("\ud800" <= character <= "\udfff" for character in piece):
            return "It holds half a character (a lone surrogate)."
    return ""


def _unparsed(text: str) -> str:
    """Return why bash cannot parse the whole text, or an empty string.

    Bash parses as it goes: without this the first half of a broken text would run.
    """
    try:
        check = subprocess.run(  # noqa: S603
            [*_BASH, "-n", "-c", text],
            env=_environment({}),
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
        environment = _environment({"TMPDIR": _SCRATCH, **execution.environment})
        process, output = _start(argv, environment, directory="/", keep=(told,))
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
    argv = [*_BASH, "-c", execution.command.text]
    environment = _environment(execution.environment)
    process, output = _start(argv, environment, directory=execution.target.directory or "/")
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
    environment: Mapping[str, str],
    *,
    directory: str,
    keep: tuple[int, ...] = (),
) -> tuple[subprocess.Popen[bytes], int]:
    """Return the process, in a session of its own, and where to read its output."""
    output, ours = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603
            argv,
            env=environment,
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
