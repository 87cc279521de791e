"""Looks whether enough processes run whose command line matches a pattern."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tocsin.adapters.looking import BoundedProbe, number_of, one_line, text_of
from tocsin.core.errors import Invalid
from tocsin.core.workspace import Check
from tocsin.ports.probes import Reading


class ProcessProbe(BoundedProbe):
    """Counts in /proc. Our own process and dead ones that nobody has reaped do not count."""

    def find(self, check: Check, limit: float) -> Reading:
        pattern = _compiled(text_of(check, "pattern"))
        wanted = int(number_of(check, "at_least", 1))
        count = sum(1 for line in _command_lines() if pattern.search(line))
        found = f"{count} processes match" if count != 1 else "1 process matches"
        found += f" {one_line(pattern.pattern)!r}"
        said = f"{found}." if count >= wanted else f"{found}, fewer than {wanted}."
        return Reading(healthy=count >= wanted, said=said, figure=float(count), unit="processes")


def _compiled(written: str) -> re.Pattern[str]:
    try:
        return re.compile(written)
    except re.error as error:
        raise Invalid(
            "check.option", f"The option 'pattern' is no regular expression: {error}."
        ) from error


def _command_lines() -> Iterator[str]:
    own = str(os.getpid())
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and process.name != own and (line := _command_line(process)):
            yield line


def _command_line(process: Path) -> str:
    """Return the words with a blank between; empty if it is gone, dead or the kernel's own."""
    try:
        written = (process / "cmdline").read_bytes()
    except OSError:
        return ""
    return written.rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace")
