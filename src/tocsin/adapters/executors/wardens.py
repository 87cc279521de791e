"""The server's side of the wardens: calls one for each change and hears how it ended.

The program that forks them is started with the first change and again if somebody killed it. A
warden that does not report back was killed or stopped itself: then what can still be found of
its change is ended from here, and the outcome is not known.
"""

from __future__ import annotations

import json
import os
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

from tocsin.adapters.executors import warden
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
    scratch: str  # the folder in which its temporary folder is made
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
        self._change = 0
        self.output = output  # where its output can be read; never blocks

    def fileno(self) -> int:
        """Return the descriptor that can be read once it has ended."""
        return self._line.fileno()

    def start(self, order: Order) -> None:
        """Have it started.

        Raises:
            NotStarted: The kernel would not, or there is no warden.
        """
        self._line.settimeout(_START_SECONDS)
        try:
            self._line.sendall(order.written())
            told = self._hear()
        except OSError as error:
            raise NotStarted(error.strerror or str(error)) from error
        if "started" not in told:
            raise NotStarted(told.get("failed", "the warden was ended"))
        self._change, self._warden = told["started"], told["warden"]

    def stop(self) -> None:
        """Have it ended, and all that it started. Does not wait, never raises."""
        with suppress(OSError):
            self._line.send(warden.STOP)

    def ending(self, patience_seconds: float) -> Ending:
        """Wait for the warden to say how it ended; end it from here if it does not."""
        self._line.settimeout(patience_seconds)
        try:
            told = self._hear()
        except OSError:
            told = {}
        if told:
            return Ending(by=told["ended"], status=told["status"], left=told["left"])
        return Ending(by="", left=_end_from_here(self._warden, self._change))

    def close(self) -> None:
        """Let go of it. A warden whose change still runs takes this for the server's death."""
        self._told.close()
        self._line.close()
        os.close(self.output)

    def _hear(self) -> dict[str, Any]:
        """Return the next fact; nothing if the line is dead."""
        text = self._told.readline()
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
        line, theirs = socket.socketpair()
        output, written = os.pipe()
        try:
            self._hand_over([theirs.fileno(), output, written])
        except OSError as error:
            line.close()
            os.close(output)
            raise NotStarted(error.strerror or str(error)) from error
        finally:
            theirs.close()
            os.close(written)
        os.set_blocking(output, False)
        return Ward(line, output)

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


def _end_from_here(warden_process: int, change: int) -> int:
    """End what can be found below a warden that does not answer; return how many are left."""
    if not change:
        return 0
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(change, signal.SIGKILL)
    deadline = time.monotonic() + warden.DEATH_SECONDS
    while (living := _living_below(warden_process)) and time.monotonic() < deadline:
        for process in living:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        time.sleep(_NAP_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        os.kill(warden_process, signal.SIGKILL)
    return len(living)


def _living_below(process: int) -> list[int]:
    below = []
    for child in warden.children_of(process):
        below += _living_below(child)
        if not _is_over(child):
            below.append(child)
    return below


def _is_over(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].split()[0] in {b"Z", b"X"}
    except OSError:
        return True
