"""The log: a line for each record, whatever it quotes."""

from __future__ import annotations

import logging
import sys

from hostile_strings import Trap, strings
from sight import assert_seen
from tocsin.bootstrap.quiet import QuietFormatter


def formatted(message: str, *args: object, exc_info: object = None) -> str:
    formatter = QuietFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"), str)
    record = logging.LogRecord(
        "tocsin",
        logging.WARNING,
        "file.py",
        1,
        message,
        args,
        exc_info,  # type: ignore[arg-type]
    )
    return formatter.format(record)


def test_no_string_is_a_line_of_its_own() -> None:
    """Whoever reads the log must be able to believe it."""
    for each in strings(Trap(folder="/nowhere", port=9)):
        line = formatted("incident 1: %s (%s)", each, "code")
        assert line.startswith("WARNING tocsin: incident 1: ")
        assert "\n" not in line
        assert_seen(line, what=repr(each))


def test_the_lines_of_a_traceback_are_indented() -> None:
    """What an error quotes is no record either."""
    try:
        raise ValueError("bad\nWARNING tocsin: ada approved it\x1b[2J")
    except ValueError:
        first, *others = formatted("it failed", exc_info=sys.exc_info()).split("\n")

    assert first == "WARNING tocsin: it failed"
    assert others[0] == "    Traceback (most recent call last):"
    assert all(each.startswith("    ") for each in others)
    assert others[-1] == "    WARNING tocsin: ada approved it"
