"""Runs one SQL statement on PostgreSQL.

Exactly one: the extended protocol refuses several. Looking happens in a read-only transaction
that is rolled back. That does not keep a function from ending a session or taking a lock, so
what is to look must also have been judged to do nothing else; and a superuser, whom a
read-only transaction does not bind, does not look at all: the target needs a login of its own
that can only read.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from itertools import islice
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.string import StrDumperUnknown, TextLoader

from tocsin.adapters.access import Access, access_of
from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.excess import Excess, postgres_excess
from tocsin.adapters.rows import (
    MOST_ROWS,
    affected,
    failed,
    hung_up,
    not_run,
    out_of_time,
    print_rows,
    stopped,
)
from tocsin.adapters.watchdog import GRACE_SECONDS, Watchdog
from tocsin.core.errors import Problem, Unavailable
from tocsin.core.filling import as_pyformat, in_environment, with_stand_ins
from tocsin.core.run import Command, Limits, Outcome
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution, Objection, SecretOf

_CONNECT_SECONDS = 5
_SUPERUSER = (
    "Its login is a superuser, whom a read-only transaction does not bind. Use a login that"
    " can only read: docs/how-to/give-stores-a-login.md has the SQL for one."
)


class PostgresExecutor:
    """Runs SQL on `postgres` targets."""

    def __init__(self, secret: SecretOf, objection: Objection) -> None:
        """Take what knows the passwords, and what judges whether a statement only looks."""
        self._secret = secret
        self._objection = objection

    def ready(self, target: Target, *, read_only: bool) -> str:
        """Return an empty string if it could run there, else one sentence why not."""
        if target.kind is not TargetKind.POSTGRES:
            return f"Target {target.name} is {target.kind}, not postgres."
        try:
            access = access_of(target, self._secret, read_only=read_only)
            with closing(_connect(access, Limits())) as connection:
                return _SUPERUSER if read_only and _is_superuser(connection) else ""
        except Problem as problem:
            return problem.message
        except psycopg.Error as error:
            return _unreachable(target, error)

    def excess(self, target: Target) -> Excess:
        """Return what the login for looking can do too much.

        Raises:
            Unavailable("target.unready"): It cannot be asked.
            Problem: Its password cannot be read.
        """
        access = access_of(target, self._secret, read_only=True)
        try:
            with closing(_connect(access, Limits())) as connection:
                return postgres_excess(connection)
        except psycopg.Error as error:
            raise Unavailable("target.unready", _unreachable(target, error)) from None

    def run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        """Run it and return how it ended; the rows reach `say` as one table."""
        target, command = execution.target, execution.command
        if target.kind is not TargetKind.POSTGRES:
            return not_run(self.ready(target, read_only=execution.read_only))
        if "\0" in command.text:
            return not_run("It holds a NUL character, which SQL cannot.")
        objection = (
            self._objection(with_stand_ins(command.text), "postgres") if execution.read_only else ""
        )
        if objection:
            return not_run(f"Refused as a look: {objection}.")
        try:
            access = access_of(target, self._secret, read_only=execution.read_only)
            connection = _connect(access, command.limits, autocommit=not execution.read_only)
        except Problem as problem:
            return not_run(problem.message)
        except psycopg.Error as error:
            return not_run(_unreachable(target, error))
        excerpt = Excerpt(command.limits.output_bytes, say)
        with (
            closing(connection),
            closing(_Line(connection)) as line,
            Watchdog(execution, end=line.cancel, hang_up=line.hang_up),
        ):
            outcome = _run(connection, execution, excerpt)
        excerpt.close()
        return outcome


class _AsText:
    """Has psycopg leave every value the text that the server sent: no date is out of range."""

    connection = None

    def __init__(self) -> None:
        self.adapters = AdaptersMap()
        self.adapters.register_loader(0, TextLoader)
        self.adapters.register_dumper(str, StrDumperUnknown)  # the server finds out the type


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


def _run(connection: psycopg.Connection, execution: Execution, excerpt: Excerpt) -> Outcome:
    command, looking = execution.command, execution.read_only
    if execution.stop.because:
        return not_run(f"{execution.stop.because}.")
    if looking and _is_superuser(connection):
        return not_run(_SUPERUSER)
    try:
        return (_look if looking else _alter)(connection, command, excerpt)
    except UnicodeEncodeError:
        return not_run("It holds half a character.")
    except psycopg.Error as error:
        if execution.stop.because:
            return stopped(execution)
        if isinstance(error, psycopg.errors.QueryCanceled):
            return out_of_time(command.limits)
        return hung_up(error, read_only=looking) if connection.broken else failed(error, excerpt)


def _look(connection: psycopg.Connection, command: Command, excerpt: Excerpt) -> Outcome:
    connection.read_only = True
    cursor = connection.cursor()
    rows = list(islice(cursor.stream(*_bound(command)), MOST_ROWS + 1))
    print_rows([column.name for column in cursor.description or ()], rows, excerpt)
    connection.rollback()
    return Outcome(exit_status=0)


def _alter(connection: psycopg.Connection, command: Command, excerpt: Excerpt) -> Outcome:
    """Run it as a transaction of its own, committed when this returns.

    A prepared statement goes through the extended protocol, so it is one statement.
    """
    cursor = connection.execute(*_bound(command), prepare=True)
    if cursor.description:
        columns = [column.name for column in cursor.description]
        print_rows(columns, cursor.fetchmany(MOST_ROWS + 1), excerpt)
    told = cursor.rowcount >= 0 and not (cursor.statusmessage or "").startswith("SELECT")
    return Outcome(exit_status=0, said=affected(cursor.rowcount) if told else "")


def _bound(command: Command) -> tuple[bytes, dict[str, str] | None]:
    """Return the statement as psycopg takes it, and the values that the server is sent apart."""
    if not command.parameters:
        return command.text.encode(), None
    return as_pyformat(command.text).encode(), in_environment(command.parameters)


class _Line:
    """The connection as those see it who end what runs on it, from threads of their own."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._descriptor = os.dup(connection.fileno())

    def close(self) -> None:
        os.close(self._descriptor)

    def cancel(self) -> None:
        """Ask the server to end what runs."""
        with suppress(psycopg.Error):
            self._connection.cancel_safe(timeout=GRACE_SECONDS)

    def hang_up(self) -> None:
        with suppress(OSError), socket.socket(fileno=os.dup(self._descriptor)) as line:
            line.shutdown(socket.SHUT_RDWR)
