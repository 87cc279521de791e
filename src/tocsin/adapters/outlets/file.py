"""Checkpoints in a file: one line of JSON each, only ever appended to, on disk before we go on.

The file itself says how far it is, so nothing has to be remembered, and a database that was
put back or cut is noticed: the file knows more than it.
"""

from __future__ import annotations

import os
from pathlib import Path

from tocsin.core.checkpoint import Checkpoint, read, written
from tocsin.core.errors import Conflict, Unavailable
from tocsin.ports.outlets import After

_BLOCK = 64 * 1024


def read_file(path: Path) -> list[Checkpoint]:
    """Return the checkpoints in the file, in its order.

    Raises:
        Unavailable("audit.file"): It cannot be read.
        Invalid("audit.checkpoint"): A line in it is no checkpoint, or was altered.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _unavailable(path, "read", error) from None
    return [read(line) for line in lines if line.strip()]


class FileOutlet:
    """Appends to one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, after: After) -> None:
        """Append what is missing, and wait until it is on disk.

        Raises:
            Unavailable("audit.file"): It cannot be read or written.
            Invalid("audit.checkpoint"): Its last line is no checkpoint.
            Conflict("audit.diverged"): Its last line is not a checkpoint of this database.
        """
        try:
            last = self._last()
            missing = self._missing(last, after)
            if missing:
                self._append(missing)
        except OSError as error:
            raise _unavailable(self._path, "written", error) from error

    def _missing(self, last: Checkpoint | None, after: After) -> list[Checkpoint]:
        if last is None:
            return list(after(0))
        found = after(last.seq - 1)
        if not found or found[0] != last:
            raise Conflict(
                "audit.diverged",
                f"{self._path} ends with a checkpoint that this database does not hold.",
                hint="The database was put back or altered: see `tocsin audit verify`.",
            )
        return list(found[1:])

    def _append(self, missing: list[Checkpoint]) -> None:
        text = "".join(f"{written(each)}\n" for each in missing)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        with os.fdopen(os.open(self._path, flags, 0o644), "ab") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())

    def _last(self) -> Checkpoint | None:
        """Return the last checkpoint; half a line that a crash left is written anew."""
        if not self._path.exists():
            return None
        with self._path.open("r+b") as stream:
            text, start = _tail(stream.fileno())
            whole, _, half = text.rpartition(b"\n")
            if half:
                stream.truncate(start + len(text) - len(half))
        line = whole.rpartition(b"\n")[2].decode("utf-8", "replace")
        return read(line) if line.strip() else None


def _tail(descriptor: int) -> tuple[bytes, int]:
    """Return the file's end with at least its last two line ends, and where that starts."""
    start = os.fstat(descriptor).st_size
    text = b""
    while start and text.count(b"\n") < 2:
        length = min(_BLOCK, start)
        start -= length
        text = os.pread(descriptor, length, start) + text
    return text, start


def _unavailable(path: Path, how: str, error: Exception) -> Unavailable:
    cause = getattr(error, "strerror", None) or error
    return Unavailable(
        "audit.file",
        f"{path} cannot be {how}: {cause}.",
        hint="Checkpoints go there: `checkpoint_file` in tocsin.toml.",
    )
