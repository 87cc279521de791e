"""Files in and out: what cannot be read or written is said, with what to try."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from tocsin.cli.output import tell, tell_problem, visible
from tocsin.core.errors import Invalid, Problem, Unavailable
from tocsin.reading.alert_rules import RuleFile, read_alert_rules

T = TypeVar("T")


def read_file(file: Path, read: Callable[[Path, bytes], T]) -> T:
    """Return what `read` makes of the file.

    Raises:
        Problem: That of `read`, or Invalid `file.unreadable`; the sentence names the file.
    """
    try:
        return read(file, _content(file))
    except Problem as problem:
        raise type(problem)(
            problem.code, f"{file}: {problem.message}", hint=problem.hint
        ) from problem


def read_each(files: Iterable[Path], read: Callable[[Path, bytes], T]) -> Iterator[T]:
    """Yield what `read` makes of each file; say of those that cannot be read why not."""
    for file in files:
        try:
            found = read_file(file, read)
        except Problem as problem:
            tell_problem(problem)
        else:
            yield found


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Invalid(
            "file.unreadable",
            f"cannot be read: {error.strerror or error}.",
            hint="Name another file, or mend its permissions.",
        ) from None


def read_rule_files(files: Iterable[Path], name: Callable[[Path], str] = str) -> Iterator[RuleFile]:
    """Yield alerting rules of Prometheus, file by file, each under the name it is to have.

    What makes no sense in them is said. Of a file that is no YAML, nothing is yielded.
    """
    for found in read_each(files, lambda file, raw: read_alert_rules(name(file), _text(raw))):
        for finding in found.findings:
            tell(visible(f"{found.file}:{finding.line}: {finding.message}"))
        if all(finding.code != "rules.unreadable" for finding in found.findings):
            yield found


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")


def write_file(path: Path, text: str) -> None:
    """Write a file, whole or not at all, and make the folder it lies in.

    What was there stays until all of the new text is on disk, beside it: a full disk must not
    cost a team its runbook. The mode is kept, and a link goes on leading to the file.

    Raises:
        Unavailable: `file.unwritable`.
    """
    real = Path(os.path.realpath(path))
    beside = real.with_name(f".{os.getpid()}.tocsin")  # short: names have a limit
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(beside, text.encode(), mode=real.stat().st_mode if real.exists() else None)
        beside.replace(real)
    except OSError as error:
        with suppress(OSError):  # there may be no folder to tidy up
            beside.unlink()
        raise _unwritable(path, error) from None


def _write_whole(path: Path, content: bytes, mode: int | None) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if mode is not None:
        path.chmod(stat.S_IMODE(mode))


def remove_file(path: Path) -> None:
    """Remove a file.

    Raises:
        Unavailable: `file.unwritable`.
    """
    try:
        path.unlink()
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        "file.unwritable",
        f"{path} cannot be written: {error.strerror or error}.",
        hint="Choose another folder, make room, or mend its permissions.",
    )
