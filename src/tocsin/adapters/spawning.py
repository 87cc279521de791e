"""Runs a command for a probe: cleared environment, bounded time and output, nothing left over."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

_KEPT_BYTES = 64 * 1024
_LOOK_AGAIN = 0.05  # seconds; how soon we notice that it ended but left its output open

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
}
"""All that a command sees."""


def spawn(argv: Sequence[str], directory: str, limit: float) -> tuple[int, str]:
    """Return the exit status and the first 64 KiB of output, errors included.

    When this returns or raises, neither the command nor what it started in its session is
    still running.

    Raises:
        TimeoutError: It was not done after `limit` seconds.
        OSError: It could not be started.
    """
    deadline = monotonic() + limit
    running = subprocess.Popen(  # noqa: S603  # the team's own configuration says what to run
        argv,
        cwd=directory or None,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    with running:
        try:
            output = _output(running, deadline)
            status = running.wait(max(0.0, deadline - monotonic()))
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
    return status, output.decode("utf-8", "replace")


def _output(running: subprocess.Popen[bytes], deadline: float) -> bytes:
    if running.stdout is None:
        return b""
    kept = b""
    with selectors.DefaultSelector() as selector:
        selector.register(running.stdout, selectors.EVENT_READ)
        while (left := deadline - monotonic()) > 0:
            ended = running.poll() is not None
            if selector.select(0 if ended else min(left, _LOOK_AGAIN)):
                piece = os.read(running.stdout.fileno(), _KEPT_BYTES)
                kept = (kept + piece)[:_KEPT_BYTES]
                if not piece:
                    return kept
            elif ended:
                return kept
    raise TimeoutError
