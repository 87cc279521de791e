"""The server's side of the wardens: calls one for each change and hears how it ended.

The program that forks them is started with the first change and again if somebody killed it. A
warden that does not report back was killed or stopped itself: then what can still be found of
its change, by the name of its temporary folder in the environment, is ended from here, and the
outcome is not known.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess  # starting the wardens' program
import sys
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tocsin.adapters.keeping import warden
from tocsin.adapters.shell import environment

_START_SECONDS = 10.0  # for a warden to start what it is asked to
_NAP_SECONDS = 0.01


class NotStarted(Exception):
    """It was not started; nothing of it ran. The text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a warden is asked to start."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    directory: str
    scratch: str  # the temporary folder to make for it, which nothing else is called
    seconds: float

    def written(self) -> bytes:
        """Return it as it goes down the line."""
        facts = {
            "argv": list(self.argv),
            "environment": dict(self.environment),
            "directory": self.directory,
            "scratch": self.scratch,
            "seconds": self.seconds,
        }
        return json.dumps(facts).encode() + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a change ended, as its warden tells it."""

    by: str  # `itself`, `time`, `stop`; empty: the warden did not say
    status: int | None = None  # as waitpid tells it
    left: int = 0  # processes that could not be ended


class Ward:
    """One change and the line to its warden."""

    def __init__(self, line: socket.socket, output: int) -> None:
        self._line = line
        self._told = line.makefile("rb")
        self._warden = 0
        self._scratch = ""
        self.output = output  # where its output can be read; never blocks

    def fileno(self) -> int:
        """Return the descriptor that can be read once it has ended."""
        return self._line.fileno()

    def greet(self) -> None:
        """Wait for the warden to be there.

        Raises:
            NotStarted: There is none.
        """
        self._line.settimeout(_START_SECONDS)
        self._warden = self._hear().get("warden", 0)
        if not self._warden:
            raise NotStarted("its warden was ended")

    def start(self, order: Order) -> None:
        """Have it started.

        Raises:
            NotStarted: The kernel would not, or the warden is gone. A warden that takes the
                order and says nothing may have started it: `ending` tells.
        """
        self._scratch = order.scratch
        try:
            self._line.sendall(order.written())
        except OSError as error:
            raise NotStarted("its warden was ended") from error
        told = self._hear()
        if "failed" in told:
            raise NotStarted(told["failed"])

    def stop(self) -> None:
        """Have it ended, and all that it started. Does not wait, never raises."""
        with suppress(OSError):
            self._line.send(warden.STOP)

    def ending(self, patience_seconds: float) -> Ending:
        """Wait for the warden to say how it ended; end it from here if it does not."""
        self._line.settimeout(patience_seconds)
        if told := self._hear():
            return Ending(by=told["ended"], status=told["status"], left=told["left"])
        left = _end_from_here(self._warden, self._scratch)
        shutil.rmtree(self._scratch, ignore_errors=True)
        return Ending(by="", left=left)

    def close(self) -> None:
        """Let go of it. A warden whose change still runs takes this for the server's death."""
        self._told.close()
        self._line.close()
        os.close(self.output)

    def _hear(self) -> dict[str, Any]:
        """Return the next fact; nothing if the warden is gone or has nothing to say in time."""
        try:
            text = self._told.readline()
        except OSError:
            return {}
        told: dict[str, Any] = json.loads(text) if text else {}
        return told


class Wardens:
    """The program that forks them. One serves a whole server, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._door: socket.socket | None = None
        self._shut: Callable[[], object] | None = None  # ends the program

    def call(self) -> Ward:
        """Return a ward whose warden waits for its order.

        Raises:
            NotStarted: The wardens' program cannot be started.
        """
        try:
            return self._called()
        except NotStarted:  # somebody killed the program, and this is how we notice
            return self._called()

    def _called(self) -> Ward:
        line, theirs = socket.socketpair()
        output, written = os.pipe()
        os.set_blocking(output, False)
        ward = Ward(line, output)
        try:
            self._hand_over([theirs.fileno(), output, written])
            theirs.close()
            ward.greet()
        except OSError as error:
            ward.close()
            raise NotStarted(error.strerror or str(error)) from error
        except NotStarted:
            ward.close()
            raise
        finally:
            theirs.close()
            os.close(written)
        return ward

    def _hand_over(self, descriptors: list[int]) -> None:
        with self._lock:
            if self._door is not None:
                with suppress(OSError):  # somebody killed the program
                    socket.send_fds(self._door, [b"w"], descriptors)
                    return
            if self._shut is not None:
                self._shut()
            self._door = self._opened()
            socket.send_fds(self._door, [b"w"], descriptors)

    def _opened(self) -> socket.socket:
        """Start the program and return the way to it."""
        door, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            program = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-S", warden.__file__, str(theirs.fileno())],
                env=environment({}),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(theirs.fileno(),),
            )
        self._shut = weakref.finalize(self, _shut, door, program)
        return door


def _shut(door: socket.socket, program: subprocess.Popen[bytes]) -> None:
    """End the program. The wardens it has forked do not mind."""
    door.close()
    program.wait(_START_SECONDS)


def _end_from_here(warden_process: int, scratch: str) -> int:
    """End what can be found of a change whose warden does not answer; return how many are left."""
    deadline = time.monotonic() + warden.DEATH_SECONDS
    while (living := _living(warden_process, scratch)) and time.monotonic() < deadline:
        for process in living:
            _kill(process)
        time.sleep(_NAP_SECONDS)
    _kill(warden_process)
    return len(living)


def _kill(process: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(process, signal.SIGKILL)


def _living(warden_process: int, scratch: str) -> set[int]:
    """Return what lives below the warden, or has its temporary folder in its environment."""
    mark = f"TMPDIR={scratch}\0".encode()
    marked = {int(name) for name in filter(str.isdigit, os.listdir("/proc")) if _holds(name, mark)}
    found = {process for process in marked | _below(warden_process) if not _is_over(process)}
    return found - {warden_process}


def _holds(process: str, mark: bytes) -> bool:
    try:
        with open(f"/proc/{process}/environ", "rb") as environ:
            return mark in environ.read()
    except OSError:
        return False


def _below(process: int) -> set[int]:
    children = warden.children_of(process)
    return {*children, *(each for child in children for each in _below(child))}


def _is_over(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].split()[0] in {b"Z", b"X"}
    except OSError:
        return True
