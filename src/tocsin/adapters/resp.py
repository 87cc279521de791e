"""The protocol of Redis, as much of it as one command takes, with a limit on time and on size.

https://redis.io/docs/latest/develop/reference/protocol-spec
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

_CONNECT_SECONDS = 5.0
_DEEPEST = 16  # an answer within an answer
Answer = bytes | int | None | list["Answer"]


class Refused(Exception):
    """The server answered with an error. Its text is the message."""


class Broken(Exception):
    """There was no whole answer: the connection broke, or what came was no answer."""


class TooLarge(Exception):
    """The answer is larger than we are prepared to read."""


@dataclass(slots=True)
class Connection:
    """A connection on which one command after the other is answered."""

    _socket: socket.socket
    _reader: BinaryIO
    _deadline: float
    _bytes_left: int

    def ask(self, *words: bytes) -> Answer:
        """Send one command and return its answer.

        Raises:
            Refused: The server says why not.
            TimeoutError: It took too long.
            Broken, TooLarge: There is no answer that could be told.
        """
        sent = [b"*%d\r\n" % len(words)]
        sent += [b"$%d\r\n%s\r\n" % (len(word), word) for word in words]
        try:
            self._socket.settimeout(self._seconds_left())
            self._socket.sendall(b"".join(sent))
            return self._answer(0)
        except TimeoutError:
            raise
        except (OSError, ValueError) as error:
            raise Broken(type(error).__name__) from error

    def hang_up(self) -> None:
        """End whatever waits for an answer, from any thread."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._reader.close()
        self._socket.close()

    def _seconds_left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _answer(self, depth: int) -> Answer:
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise Refused(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if int(rest) < 0 else self._exactly(int(rest) + 2)[:-2]
        if kind != b"*" or depth > _DEEPEST:
            raise Broken("what came is no answer of a Redis")
        return None if int(rest) < 0 else [self._nested(depth) for _ in range(int(rest))]

    def _nested(self, depth: int) -> Answer:
        """Return one part of an answer; an error in it is a part like any other."""
        try:
            return self._answer(depth + 1)
        except Refused as refused:
            return f"(error) {refused}".encode()

    def _line(self) -> bytes:
        self._socket.settimeout(self._seconds_left())
        line = self._reader.readline(64 * 1024)
        self._spend(len(line))
        if not line.endswith(b"\r\n"):
            raise Broken("the answer broke off")
        return line[:-2]

    def _exactly(self, count: int) -> bytes:
        self._spend(count)
        found = bytearray()
        while len(found) < count:
            self._socket.settimeout(self._seconds_left())
            piece = self._reader.read(min(count - len(found), 64 * 1024))
            if not piece:
                raise Broken("the answer broke off")
            found += piece
        return bytes(found)

    def _spend(self, count: int) -> None:
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise TooLarge


def connect(url: str, password: str, *, seconds: float, most_bytes: int) -> Connection:
    """Return a connection that is logged in, on the database that the address names.

    Args:
        url: `redis://USER@HOST:PORT/DATABASE`, or `rediss://` for an encrypted one.
        password: Instead of the one in the address.
        seconds: For everything that is asked on it.
        most_bytes: Of all answers together.

    Raises:
        OSError, Broken, Refused: There is none, or it does not let us in.
    """
    address = urlsplit(url)
    host = address.hostname or ""
    line = socket.create_connection((host, address.port or 6379), timeout=_CONNECT_SECONDS)
    if address.scheme == "rediss":
        line = ssl.create_default_context().wrap_socket(line, server_hostname=host)
    deadline = time.monotonic() + seconds
    connection = Connection(line, line.makefile("rb"), deadline, most_bytes)
    try:
        _log_in(
            connection, unquote(address.username or ""), password or unquote(address.password or "")
        )
        if address.path.strip("/"):
            connection.ask(b"SELECT", address.path.strip("/").encode())
    except BaseException:
        connection.close()
        raise
    return connection


def _log_in(connection: Connection, user: str, password: str) -> None:
    who: Sequence[str] = [user, password] if user else [password]
    if password or user:
        connection.ask(b"AUTH", *(word.encode() for word in who))
