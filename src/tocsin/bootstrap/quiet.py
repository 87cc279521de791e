"""Keeps the log honest: no secret in it, and a line for each record that nobody else wrote.

Every line passes through one formatter. What a record quotes may hold line ends and escape
sequences; they are written out, so that it neither looks like another record nor is obeyed by
the terminal that shows it. Further lines, those of a traceback, are indented.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import copy

from tocsin.core.visible import readable


class QuietFormatter(logging.Formatter):
    """Formats as another one does, traceback and all, and cleans what comes out."""

    def __init__(self, inner: logging.Formatter, clean: Callable[[str], str]) -> None:
        super().__init__()
        self._inner = inner
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        told = copy(record)
        told.msg, told.args = _one_line(self._clean(record.getMessage())), None
        first, *others = self._clean(self._inner.format(told)).split("\n")
        return "\n".join((readable(first), *(f"    {_one_line(each)}" for each in others)))


def _one_line(text: str) -> str:
    return readable(text).replace("\n", "\\n")


def quiet_log(clean: Callable[[str], str]) -> None:
    """Clean whatever the process logs from now on, whoever logs it."""
    for handler in logging.getLogger().handlers:
        inner = handler.formatter or logging.Formatter()
        if not isinstance(inner, QuietFormatter):
            handler.setFormatter(QuietFormatter(inner, clean))
