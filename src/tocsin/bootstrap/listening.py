"""The server's ear: the address it listens on, and how it begins and ends."""

from __future__ import annotations

import errno
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from tocsin.core.errors import Unavailable

_NOT_HERE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def listen(host: str, port: int) -> list[socket.socket]:
    """Return a socket for each address that the host has here, all of them listening.

    Raises:
        Unavailable("serve.address"): There is no such address here, or somebody has it.
    """
    opened: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((each[0], each[4]) for each in found):
            opened += _opened(family, address, last=not opened and address == found[-1][4])
    except (OSError, UnicodeError) as error:
        for each in opened:
            each.close()
        reason = str(getattr(error, "strerror", None) or error).partition(" (while")[0]
        raise Unavailable(
            "serve.address",
            f"Cannot listen on {host}:{port}: {reason}.",
            hint="Stop what listens there (`ss -ltnp`), or change `listen` in tocsin.toml.",
        ) from None
    return opened


def _opened(family: int, address: tuple[object, ...], *, last: bool) -> list[socket.socket]:
    """Return a socket; none where the machine lacks that family, unless it is the last hope."""
    try:
        return [socket.create_server(address, family=family, backlog=2048)]
    except OSError as error:
        if error.errno in _NOT_HERE and not last:
            return []
        raise


class Listening(uvicorn.Server):
    """uvicorn, telling when it listens and when it is about to end."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        on_ready: Callable[[], None],
        on_exit: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_exit = on_exit

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end; a second Ctrl-C does not wait for what is under way.

        uvicorn's own would raise the signal again afterwards, which kills the process before
        the rest of it has stopped.
        """
        self._on_exit()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
