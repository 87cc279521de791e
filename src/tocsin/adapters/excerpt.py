"""What is kept of a long output: its head as it comes, its tail, and how much lies between.

Memory stays at the limit however much arrives, because the tail overwrites itself.
"""

from __future__ import annotations

from collections.abc import Callable


class Excerpt:
    """Hands on at most about `limit` bytes of what it is fed; `close` hands on the tail."""

    def __init__(self, limit: int, say: Callable[[bytes], None]) -> None:
        self._say = say
        self._head_left = limit - limit // 2
        self._tail_bytes = limit // 2
        self._tail = bytearray()
        self.cut_bytes = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the output."""
        if self._head_left:
            head = chunk[: self._head_left]
            chunk = chunk[len(head) :]
            self._head_left -= len(head)
            if head:
                self._say(head)
        self._tail += chunk
        surplus = len(self._tail) - self._tail_bytes
        if surplus > 0:
            del self._tail[:surplus]
            self.cut_bytes += surplus

    def close(self) -> None:
        """Hand on the tail, after a line that says how many bytes are missing before it."""
        if self.cut_bytes:
            self._say(f"\n[{self.cut_bytes} bytes cut here]\n".encode())
        if self._tail:
            self._say(bytes(self._tail))
        self._tail = bytearray()
