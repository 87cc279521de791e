"""The program beside the server that looks after changes: one small process, a warden, for each.

A warden starts the change in a session of its own, and every process that the change starts
and abandons becomes a child of the warden (PR_SET_CHILD_SUBREAPER), whatever it does to get
away. So when time is up, or the server says so, it kills its children and theirs until it has
none: then nothing is left. When the change ends by itself, the warden goes without a word, and
what was left behind on purpose lives on.

It runs by itself (`python -I -S warden.py FD`), imports no more than it must and knows nothing of
the rest of the product, so that forking it is cheap. It holds the time limit even if the server
dies.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

STOP = b"s"
"""What the server sends down the line to have the change ended."""

DEATH_SECONDS = 1.5
"""How long a warden tries to end what it looks after."""

_SET_CHILD_SUBREAPER = 36  # of prctl(2)
_PIECE_BYTES = 64 * 1024
_NAP_SECONDS = 0.002  # for the kernel to clear away what was killed
_DEAF_TO = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DEFAULT_IN_CHANGE = (*_DEAF_TO, signal.SIGPIPE, signal.SIGCHLD, signal.SIGXFSZ)
_LIBC = ctypes.CDLL(None, use_errno=True)


def children_of(process: int) -> list[int]:
    """Return the children of a process, those included that have ended and were not waited for."""
    try:
        with open(f"/proc/{process}/task/{process}/children", "rb") as listed:
            return [int(child) for child in listed.read().split()]
    except FileNotFoundError:
        return _children_by_looking_at_all(process)
    except ProcessLookupError:
        return []


def _children_by_looking_at_all(process: int) -> list[int]:
    """Do the same on a kernel without CONFIG_PROC_CHILDREN."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/stat", "rb") as stat:
            parent = stat.read().rpartition(b")")[2].split()[1]
            if int(parent) == process:
                found.append(int(name))
    return found


def main(door: socket.socket) -> NoReturn:
    """Fork a warden for each message that comes through the door, until the server has gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel clears away wardens that ended
    for number in _DEAF_TO:
        signal.signal(number, signal.SIG_IGN)
    gc.disable()  # a warden lives for one change, and collecting would copy every page
    while True:
        called, handed, _, _ = socket.recv_fds(door, 1, 3)
        if not called:
            os._exit(0)
        if os.fork() == 0:
            door.close()
            _watch_over_one(*handed)
        for descriptor in handed:
            os.close(descriptor)


def _watch_over_one(*handed: int) -> NoReturn:
    """Be the warden of one change. The line to the server and the two ends of a pipe are handed."""
    for descriptor in handed:
        os.set_inheritable(descriptor, False)
    line, output, written = handed
    with suppress(OSError, ValueError):  # nobody is at the other end any more
        Warden(socket.socket(fileno=line), output, written).run()
    os._exit(0)


class Warden:
    """One change, from its order to its end.

    Args:
        line: To the server: the order comes in, what became of it goes out.
        output: Where the output of the change can be read, if the server no longer does.
        written: Where the change writes.
    """

    def __init__(self, line: socket.socket, output: int, written: int) -> None:
        self._line = line
        self._output = output
        self._written = written
        self._scratch = ""
        self._status: int | None = None  # as waitpid tells it, once the change has ended

    def run(self) -> None:
        """Take the order, carry it out, tell how it ended."""
        os.setsid()
        _LIBC.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._woken = _wake_on_children()
        self._tell({"warden": os.getpid()})
        order = self._order()
        deadline = time.monotonic() + order["seconds"]
        try:
            self._change = self._start(order)
        except OSError as error:
            self._clear_away()
            self._tell({"failed": error.strerror or str(error)})
            return
        self._tell({"started": True})
        ended = self._await_end(deadline)
        left = 0 if ended == "itself" else self._end_all()
        self._clear_away()
        self._tell({"ended": ended, "status": self._status, "left": left})

    def _order(self) -> dict[str, Any]:
        with self._line.makefile("rb") as stream:
            order: dict[str, Any] = json.loads(stream.readline())
        return order

    def _tell(self, fact: dict[str, object]) -> None:
        with suppress(OSError):  # a server that died hears nothing; its limits hold all the same
            self._line.sendall(json.dumps(fact).encode() + b"\n")

    def _start(self, order: dict[str, Any]) -> int:
        """Start the change and return its process number."""
        os.mkdir(order["scratch"], 0o700)
        self._scratch = order["scratch"]
        os.chdir(order["directory"])
        argv = order["argv"]
        change = os.posix_spawnp(
            argv[0],
            argv,
            {**order["environment"], "TMPDIR": self._scratch},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, self._written, 1),
                (os.POSIX_SPAWN_DUP2, self._written, 2),
            ],
            setsid=True,
            setsigdef=_DEFAULT_IN_CHANGE,
        )
        os.close(self._written)
        os.chdir("/")
        return change

    def _await_end(self, deadline: float) -> str:
        """Return what ended it: `itself`, `time` or `stop`."""
        waiting = select.poll()
        waiting.register(self._line, select.POLLIN)
        waiting.register(self._woken, select.POLLIN)
        while (left := deadline - time.monotonic()) > 0:
            ready = {descriptor for descriptor, _ in waiting.poll(left * 1000)}
            if self._woken in ready and self._change_has_ended():
                return "itself"
            if self._line.fileno() in ready:
                if self._said() == STOP:
                    return "stop"
                waiting.unregister(self._line)
                waiting.register(self._output, select.POLLIN)
            elif self._output in ready and not os.read(self._output, _PIECE_BYTES):
                waiting.unregister(self._output)
        return "time"

    def _said(self) -> bytes:
        """Return what the server says; nothing if it died: then the change goes on without it."""
        try:
            return self._line.recv(1)
        except OSError:
            return b""

    def _change_has_ended(self) -> bool:
        with suppress(BlockingIOError):
            os.read(self._woken, _PIECE_BYTES)
        self._wait_for_ended()
        return self._status is not None

    def _wait_for_ended(self) -> bool:
        """Clear away children that ended; return whether there are more, alive."""
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if process == 0:
                return True
            if process == self._change:
                self._status = status

    def _end_all(self) -> int:
        """Kill all there is below; return how many are left, which should be none.

        Whoever loses its parent becomes our child, so it is enough to kill children. Groups
        are killed too, because a process that forks and ends all the time is never seen twice.
        """
        deadline = time.monotonic() + DEATH_SECONDS
        while self._wait_for_ended() and time.monotonic() < deadline:
            for child in children_of(os.getpid()):
                _kill(child)
            time.sleep(_NAP_SECONDS)
        return len(children_of(os.getpid()))

    def _clear_away(self) -> None:
        if self._scratch:
            _remove(self._scratch)


def _remove(folder: str) -> None:
    """Remove a folder and all in it; never follows a link out of it."""
    with suppress(OSError, RecursionError):  # what is left then lies in the temporary folder
        for _, folders, files, at in os.fwalk(folder, topdown=False):
            for name in files:
                os.unlink(name, dir_fd=at)
            for name in folders:
                _remove_one(name, at)
        os.rmdir(folder)


def _remove_one(name: str, at: int) -> None:
    try:
        os.rmdir(name, dir_fd=at)
    except NotADirectoryError:  # a link to one
        os.unlink(name, dir_fd=at)


def _kill(process: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        group = os.getpgid(process)
        if group != os.getpgrp():
            os.killpg(group, signal.SIGKILL)
        os.kill(process, signal.SIGKILL)


def _wake_on_children() -> int:
    """Return a descriptor that can be read whenever a child has ended."""
    woken, wake = os.pipe()
    for descriptor in (woken, wake):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return woken


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
