"""What is kept of a long output: its head as it comes, its tail, and how much lies between.

Memory stays at the limit however much arrives, because the tail overwrites itself. Cuts are
made between lines where there are lines, so that no secret is cut into two halves which
nobody recognises any more.
"""

from __future__ import annotations

from collections.abc import Callable

_LONG_LINE = 4096  # bytes; in a longer one we cut at a space, or anywhere


class Excerpt:
    """Hands on at most about `limit` bytes of what it is fed; `close` hands on the tail."""

    def __init__(self, limit: int, say: Callable[[bytes], None]) -> None:
        self._say = say
        self._head_left = limit - limit // 2
        self._head = bytearray()  # a line that has not ended
        self._tail_bytes = limit  # less what the head takes
        self._tail = bytearray()
        self._cut_bytes = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the output."""
        if self._head_left:
            taken = chunk[: self._head_left]
            chunk = chunk[len(taken) :]
            self._head_left -= len(taken)
            self._head += taken
            self._say_lines()
            if not self._head_left:
                chunk = bytes(self._head) + chunk
                self._head.clear()
        self._tail += chunk
        surplus = len(self._tail) - self._tail_bytes
        if surplus > 0:
            self._cut(surplus)

    def close(self) -> None:
        """Hand on the tail, after a line that says how many bytes are missing before it."""
        if self._cut_bytes:
            self._cut(_first_line_end(self._tail))
            self._say(f"\n[{self._cut_bytes} bytes cut here]\n".encode())
        rest = bytes(self._head + self._tail)
        if rest:
            self._say(rest)
        self._head.clear()
        self._tail.clear()

    def _say_lines(self) -> None:
        end = self._head.rfind(b"\n") + 1
        if not end and len(self._head) > _LONG_LINE:
            end = self._head.rfind(b" ") + 1 or len(self._head)
        if end:
            self._say(bytes(self._head[:end]))
            self._tail_bytes -= end
            del self._head[:end]

    def _cut(self, count: int) -> None:
        del self._tail[:count]
        self._cut_bytes += count


def _first_line_end(tail: bytearray) -> int:
    """Return where the first whole line starts, or word where the line is long."""
    start = tail.find(b"\n", 0, _LONG_LINE) + 1
    return start or tail.find(b" ", 0, _LONG_LINE) + 1
