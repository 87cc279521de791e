"""Keeps secrets out of the log: every line of it passes through one formatter."""

from __future__ import annotations

import logging
from collections.abc import Callable


class QuietFormatter(logging.Formatter):
    """Formats as another one does, traceback and all, and cleans what comes out."""

    def __init__(self, inner: logging.Formatter, clean: Callable[[str], str]) -> None:
        super().__init__()
        self._inner = inner
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        return self._clean(self._inner.format(record))


def quiet_log(clean: Callable[[str], str]) -> None:
    """Clean whatever the process logs from now on, whoever logs it."""
    for handler in logging.getLogger().handlers:
        inner = handler.formatter or logging.Formatter()
        if not isinstance(inner, QuietFormatter):
            handler.setFormatter(QuietFormatter(inner, clean))
