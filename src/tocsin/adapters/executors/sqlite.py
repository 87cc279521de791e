"""Runs one SQL statement on an SQLite file.

Looking opens the file read-only, with an authorizer that lets nothing else through.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from urllib.parse import quote

from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.rows import (
    MOST_ROWS,
    affected,
    failed,
    not_run,
    out_of_time,
    print_rows,
    stopped,
)
from tocsin.core.filling import with_figures, with_stand_ins
from tocsin.core.run import Command, Outcome
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution, Objection

_VALUE_BYTES = 16 * 1024 * 1024  # the longest value
_STEPS = 10_000  # of SQLite's machine between two looks at the clock
_LOOKING = frozenset(
    {
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)
_REACHING_OUT = frozenset(
    {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "eval"}
)


class SqliteExecutor:
    """Runs SQL on `sqlite` targets."""

    def __init__(self, objection: Objection) -> None:
        """Take what judges whether a statement only looks."""
        self._objection = objection

    def ready(self, target: Target, *, read_only: bool) -> str:
        """Return an empty string if it could run there, else one sentence why not."""
        if target.kind is not TargetKind.SQLITE:
            return f"Target {target.name} is {target.kind}, not sqlite."
        path = _path(target)
        return "" if os.path.isfile(path) else f"Target {target.name}: there is no file {path}."

    def run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        """Run it and return how it ended; the rows reach `say` as one table."""
        unready = self.ready(execution.target, read_only=execution.read_only)
        if unready:
            return not_run(unready)
        looking = execution.read_only
        objection = (
            self._objection(with_stand_ins(execution.command.text), "sqlite") if looking else ""
        )
        if objection:
            return not_run(f"Refused as a look: {objection}.")
        excerpt = Excerpt(execution.command.limits.output_bytes, say)
        outcome = _run(execution, excerpt)
        excerpt.close()
        return outcome


def _path(target: Target) -> str:
    return target.url.removeprefix("sqlite:///")


def _run(execution: Execution, excerpt: Excerpt) -> Outcome:
    limits = execution.command.limits
    deadline = time.monotonic() + limits.time.total_seconds()
    try:
        with closing(_open(execution, deadline)) as connection:
            return _step_through(connection, execution.command, excerpt)
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        if execution.stop.because:
            return stopped(execution)
        if time.monotonic() >= deadline:
            return out_of_time(limits)
        return failed(error, excerpt)


def _open(execution: Execution, deadline: float) -> sqlite3.Connection:
    seconds = execution.command.limits.time.total_seconds()
    mode = "ro" if execution.read_only else "rw"
    connection = sqlite3.connect(
        f"file:{quote(_path(execution.target))}?mode={mode}",
        uri=True,
        timeout=min(seconds, 5.0),
        isolation_level=None,
    )
    connection.text_factory = _text
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _VALUE_BYTES)
    connection.set_progress_handler(lambda: _is_over(execution, deadline), _STEPS)
    if execution.read_only:
        connection.execute("PRAGMA query_only = ON")
        connection.set_authorizer(_only_looking)
    return connection


def _is_over(execution: Execution, deadline: float) -> int:
    return int(time.monotonic() >= deadline or bool(execution.stop.because))


def _text(value: bytes) -> str:
    return value.decode(errors="replace")


def _only_looking(
    action: int, _first: str | None, second: str | None, _database: str | None, _by: str | None
) -> int:
    if action not in _LOOKING:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _REACHING_OUT:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _step_through(connection: sqlite3.Connection, command: Command, excerpt: Excerpt) -> Outcome:
    cursor = connection.execute(command.text, with_figures(command.parameters))
    if cursor.description:
        columns = [column[0] for column in cursor.description]
        print_rows(columns, cursor.fetchmany(MOST_ROWS + 1), excerpt)
    return Outcome(exit_status=0, said=affected(cursor.rowcount) if cursor.rowcount >= 0 else "")
