"""Hands on what a process writes until it has ended, its time is up or somebody stops it.

The end of the process counts, not the end of its output: something in the background may hold
the pipe open for ever.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from tocsin.adapters.excerpt import Excerpt
from tocsin.ports.executors import Stop

_PIECE_BYTES = 64 * 1024
_DRAIN_SECONDS = 0.5  # for output still in the pipe after the end


class Ended(Enum):
    """Why we follow no longer."""

    BY_ITSELF = "by itself"
    BY_TIME = "by time"
    BY_STOP = "by stop"


@contextmanager
def bell_of(stop: Stop) -> Iterator[int]:
    """Give a descriptor that can be read once `stop` is set."""
    bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
    try:
        with stop.calls(lambda: os.eventfd_write(bell, 1)):
            yield bell
    finally:
        os.close(bell)


def follow(
    output: int, excerpt: Excerpt, *, ended: int, seconds: float, stopped: int = -1
) -> Ended:
    """Hand on output until one of the descriptors can be read; return why that was the end.

    Args:
        output: Where it comes from; never blocks.
        excerpt: Takes it.
        ended: Can be read once the process has ended.
        seconds: At most this long.
        stopped: Can be read once it is to end, where somebody can wish that.
    """
    deadline = time.monotonic() + seconds
    waiting = select.poll()
    for descriptor in {output, ended, stopped} - {-1}:
        waiting.register(descriptor, select.POLLIN)
    while (left := deadline - time.monotonic()) > 0:
        ready = {descriptor for descriptor, _ in waiting.poll(left * 1000)}
        if output in ready and not _read(output, excerpt):
            waiting.unregister(output)
        if ended in ready:
            return Ended.BY_ITSELF
        if stopped in ready:
            return Ended.BY_STOP
    return Ended.BY_TIME


def finish(output: int, excerpt: Excerpt) -> None:
    """Hand on what is in the pipe now, even if somebody still holds the other end."""
    deadline = time.monotonic() + _DRAIN_SECONDS
    while select.select([output], [], [], 0)[0] and time.monotonic() < deadline:
        if not _read(output, excerpt):
            break
    excerpt.close()


def _read(output: int, excerpt: Excerpt) -> bool:
    """Hand on one piece; return whether there may be more."""
    try:
        piece = os.read(output, _PIECE_BYTES)
    except BlockingIOError:
        return True
    excerpt.feed(piece)
    return bool(piece)
