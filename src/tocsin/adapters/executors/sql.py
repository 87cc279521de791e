"""Runs one SQL statement on PostgreSQL or SQLite.

Exactly one: PostgreSQL gets it through the extended protocol, which refuses several, and so
does the sqlite3 module. Looking happens in a read-only transaction (PostgreSQL) or on a
file opened read-only with an authorizer (SQLite). Neither keeps a function from ending a
session or taking a lock, so what is to look must also have been judged to do nothing else, and
PostgreSQL's superuser, whom a read-only transaction does not bind, does not look at all: the
target needs a login of its own that can only read.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from itertools import islice
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.string import TextLoader

from tocsin.adapters.access import Access, access_of
from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.table import table
from tocsin.core.errors import Problem
from tocsin.core.run import Command, Limits, Outcome
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution, Objection, SecretOf

_ROWS = 1000
_CONNECT_SECONDS = 5
_SUPERUSER = (
    "Its login is a superuser, whom a read-only transaction does not bind. Use a login that"
    " can only read: CREATE ROLE tocsin LOGIN; GRANT pg_read_all_data, pg_monitor TO tocsin;"
)
_VALUE_BYTES = 16 * 1024 * 1024  # the longest SQLite value
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


class SqlExecutor:
    """Runs SQL on the `postgres` and `sqlite` targets."""

    def __init__(self, secret: SecretOf, objection: Objection) -> None:
        """Take what knows the passwords, and what judges whether a statement only looks."""
        self._secret = secret
        self._objection = objection

    def ready(self, target: Target, *, read_only: bool) -> str:
        """Return an empty string if it could run there, else one sentence why not."""
        if target.kind is TargetKind.SQLITE:
            return _no_file(target)
        if target.kind is not TargetKind.POSTGRES:
            return f"Target {target.name} is {target.kind}; SQL needs postgres or sqlite."
        try:
            access = access_of(target, self._secret, read_only=read_only)
            with closing(_connect(access, Limits())) as connection:
                return _SUPERUSER if read_only and _is_superuser(connection) else ""
        except Problem as problem:
            return problem.message
        except psycopg.Error as error:
            return _unreachable(target, error)

    def run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        """Run it and return how it ended; the rows reach `say` as one table."""
        kind = execution.target.kind
        if kind not in {TargetKind.SQLITE, TargetKind.POSTGRES}:
            return Outcome(exit_status=None, said=self.ready(execution.target, read_only=True))
        if "\0" in execution.command.text:
            return Outcome(exit_status=None, said="It holds a NUL character, which SQL cannot.")
        objection = self._objection(execution.command.text, kind) if execution.read_only else ""
        if objection:
            return Outcome(exit_status=None, said=f"Refused as a look: {objection}.")
        excerpt = Excerpt(execution.command.limits.output_bytes, say)
        if kind is TargetKind.SQLITE:
            outcome = _run_sqlite(execution, excerpt)
        else:
            outcome = self._run_postgres(execution, excerpt)
        excerpt.close()
        return outcome

    def _run_postgres(self, execution: Execution, excerpt: Excerpt) -> Outcome:
        limits, looking = execution.command.limits, execution.read_only
        try:
            access = access_of(execution.target, self._secret, read_only=looking)
            connection = _connect(access, limits, autocommit=not looking)
        except Problem as problem:
            return Outcome(exit_status=None, said=problem.message)
        except psycopg.Error as error:
            return Outcome(exit_status=None, said=_unreachable(execution.target, error))
        with closing(connection), _Watchdog(connection, limits):
            return _run_postgres(connection, execution, excerpt)


class _AsText:
    """Has psycopg leave every value the text that the server sent: no date is out of range."""

    connection = None

    def __init__(self) -> None:
        self.adapters = AdaptersMap()
        self.adapters.register_loader(0, TextLoader)


_AS_TEXT = _AsText()


def _connect(access: Access, limits: Limits, *, autocommit: bool = False) -> psycopg.Connection:
    """Return a new connection whose statements end at the limit, on the server's clock."""
    given = conninfo_to_dict(access.url)
    if access.password:
        given["password"] = access.password
    settings: dict[str, Any] = {
        "connect_timeout": _CONNECT_SECONDS,
        "application_name": "tocsin",
        "client_encoding": "utf8",
        **given,
        "options": f"{given.get('options') or ''} -c statement_timeout={_milliseconds(limits)}",
    }
    return psycopg.connect(make_conninfo(**settings), autocommit=autocommit, context=_AS_TEXT)


def _milliseconds(limits: Limits) -> int:
    return max(1, int(limits.time.total_seconds() * 1000))


def _is_superuser(connection: psycopg.Connection) -> bool:
    return connection.pgconn.parameter_status(b"is_superuser") == b"on"


def _unreachable(target: Target, error: psycopg.Error) -> str:
    """Return why there is no connection, without the address, which may hold a password."""
    if isinstance(error, psycopg.ProgrammingError):
        return f"The address of target {target.name} is not one that PostgreSQL understands."
    first = str(error).strip().splitlines()[:1]
    return f"Target {target.name} cannot be reached: {''.join(first)}"


def _run_postgres(
    connection: psycopg.Connection, execution: Execution, excerpt: Excerpt
) -> Outcome:
    command, looking = execution.command, execution.read_only
    if looking and _is_superuser(connection):
        return Outcome(exit_status=None, said=_SUPERUSER)
    try:
        return (_look if looking else _alter)(connection, command, excerpt)
    except psycopg.errors.QueryCanceled:
        return _out_of_time(command.limits)
    except psycopg.Error as error:
        return _hung_up(error, looking) if connection.broken else _failed(error, excerpt)
    except UnicodeEncodeError:
        return Outcome(exit_status=None, said="It holds half a character.")


def _look(connection: psycopg.Connection, command: Command, excerpt: Excerpt) -> Outcome:
    connection.read_only = True
    cursor = connection.cursor()
    rows = list(islice(cursor.stream(command.text.encode()), _ROWS + 1))
    columns = [column.name for column in cursor.description or ()]
    _print(columns, rows, excerpt)
    connection.rollback()
    return Outcome(exit_status=0)


def _alter(connection: psycopg.Connection, command: Command, excerpt: Excerpt) -> Outcome:
    """Run it as a transaction of its own, committed when this returns.

    A prepared statement goes through the extended protocol, so it is one statement.
    """
    cursor = connection.execute(command.text.encode(), prepare=True)
    if cursor.description:
        columns = [column.name for column in cursor.description]
        _print(columns, cursor.fetchmany(_ROWS + 1), excerpt)
    return Outcome(exit_status=0, said=_affected(cursor.rowcount, cursor.statusmessage or ""))


def _hung_up(error: psycopg.Error, looking: bool) -> Outcome:
    first = "".join(str(error).strip().splitlines()[:1])
    said = f"The connection broke off ({first[:200]})"
    said += "." if looking else "; whether the change took place is not known."
    return Outcome(exit_status=None, said=said, lost=not looking)


class _Watchdog:
    """Hangs up on a server that does not even end the statement at its own time limit."""

    def __init__(self, connection: psycopg.Connection, limits: Limits) -> None:
        self._descriptor = os.dup(connection.fileno())
        self._timer = threading.Timer(limits.time.total_seconds() + 2, self._hang_up)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        os.close(self._descriptor)

    def _hang_up(self) -> None:
        with suppress(OSError), socket.socket(fileno=os.dup(self._descriptor)) as line:
            line.shutdown(socket.SHUT_RDWR)


def _no_file(target: Target) -> str:
    path = _path(target)
    return "" if os.path.isfile(path) else f"Target {target.name}: there is no file {path}."


def _path(target: Target) -> str:
    return target.url.removeprefix("sqlite:///")


def _run_sqlite(execution: Execution, excerpt: Excerpt) -> Outcome:
    missing = _no_file(execution.target)
    if missing:
        return Outcome(exit_status=None, said=missing)
    limits = execution.command.limits
    deadline = time.monotonic() + limits.time.total_seconds()
    try:
        with closing(_open(execution, deadline)) as connection:
            return _step_through(connection, execution.command.text, excerpt)
    except (sqlite3.Error, sqlite3.Warning, UnicodeEncodeError) as error:
        if time.monotonic() >= deadline:
            return _out_of_time(limits)
        return _failed(error, excerpt)


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
    connection.set_progress_handler(lambda: int(time.monotonic() >= deadline), _STEPS)
    if execution.read_only:
        connection.execute("PRAGMA query_only = ON")
        connection.set_authorizer(_only_looking)
    return connection


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


def _step_through(connection: sqlite3.Connection, text: str, excerpt: Excerpt) -> Outcome:
    cursor = connection.execute(text)
    if cursor.description:
        columns = [column[0] for column in cursor.description]
        _print(columns, cursor.fetchmany(_ROWS + 1), excerpt)
    return Outcome(exit_status=0, said=_affected(cursor.rowcount, ""))


def _print(columns: Sequence[str], rows: Iterable[Sequence[object]], excerpt: Excerpt) -> None:
    found = list(rows)
    printed = table(columns, found[:_ROWS], more=len(found) > _ROWS)
    excerpt.feed(printed.encode(errors="backslashreplace"))


def _affected(count: int, status: str) -> str:
    if count < 0 or status.startswith("SELECT"):
        return ""
    return f"{count} {'row' if count == 1 else 'rows'} affected."


def _out_of_time(limits: Limits) -> Outcome:
    seconds = limits.time.total_seconds()
    said = f"Stopped: it was still running after its time limit of {seconds:g} s."
    return Outcome(exit_status=None, timed_out=True, said=said)


def _failed(error: Exception, excerpt: Excerpt) -> Outcome:
    """Return that the database refused it; its whole complaint is output."""
    complaint = str(error).strip() or type(error).__name__
    excerpt.feed(f"{complaint}\n".encode(errors="backslashreplace"))
    return Outcome(exit_status=1, said=complaint.splitlines()[0][:300])
