"""Runs one SQL statement on MySQL or MariaDB.

Exactly one: the client does not tell the server that there may be several, and the server then
refuses them. Looking happens in a session that is read-only, so that a statement which ends its
transaction is read-only still, and only what was judged to look is sent there.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import pymysql
from pymysql.constants import CR, ER
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from tocsin.adapters.access import Access, access_of
from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.excess import Excess, mysql_excess
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
from tocsin.core.filling import as_pyformat, with_figures, with_stand_ins
from tocsin.core.run import Command, Limits, Outcome
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution, Objection, SecretOf

_CONNECT_SECONDS = 5
_MAX_STATEMENT_TIME = 1969  # MariaDB's own limit was reached
_ENDED = frozenset({ER.QUERY_INTERRUPTED, ER.QUERY_TIMEOUT, _MAX_STATEMENT_TIME})
_GONE = frozenset({CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST, CR.CR_SERVER_LOST_EXTENDED})
_AS_TABLE = re.compile(r"\\[Gg]\s*$")  # what only the client mysql takes for an end


class MysqlExecutor:
    """Runs SQL on `mysql` targets."""

    def __init__(self, secret: SecretOf, objection: Objection) -> None:
        """Take what knows the passwords, and what judges whether a statement only looks."""
        self._secret = secret
        self._objection = objection

    def ready(self, target: Target, *, read_only: bool) -> str:
        """Return an empty string if it could run there, else one sentence why not."""
        if target.kind is not TargetKind.MYSQL:
            return f"Target {target.name} is {target.kind}, not mysql."
        try:
            self._access(target, read_only).connect(Limits()).close()
        except Problem as problem:
            return problem.message
        return ""

    def excess(self, target: Target) -> Excess:
        """Return what the login for looking can do too much.

        Raises:
            Unavailable("target.unready"): It cannot be asked.
            Problem: Its password cannot be read.
        """
        with closing(self._access(target, read_only=True).connect(Limits())) as connection:
            cursor = connection.cursor()
            cursor.execute("SHOW GRANTS")
            return mysql_excess([str(row[0]) for row in cursor.fetchall()])

    def run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        """Run it and return how it ended; the rows reach `say` as one table."""
        target, limits = execution.target, execution.command.limits
        if target.kind is not TargetKind.MYSQL:
            return not_run(self.ready(target, read_only=execution.read_only))
        text = _AS_TABLE.sub("", execution.command.text)
        objection = self._objection(with_stand_ins(text), "mysql") if execution.read_only else ""
        if objection:
            return not_run(f"Refused as a look: {objection}.")
        try:
            reached = self._access(target, execution.read_only)
            connection = reached.connect(limits)
        except Problem as problem:
            return not_run(problem.message)
        excerpt = Excerpt(limits.output_bytes, say)
        line = _Line(reached, connection.thread_id())
        with closing(connection), Watchdog(execution, end=line.kill_query, hang_up=line.kill):
            outcome = _run(connection, line, execution, text, excerpt)
        excerpt.close()
        return outcome

    def _access(self, target: Target, read_only: bool) -> _Server:
        return _Server(target.name, access_of(target, self._secret, read_only=read_only))


@dataclass(frozen=True, slots=True)
class _Server:
    """A server and a login on it."""

    name: str
    access: Access

    def connect(self, limits: Limits) -> pymysql.Connection[SSCursor]:
        """Return a new connection.

        Raises:
            Unavailable("target.unready"): There is none.
        """
        address = urlsplit(self.access.url)
        password = self.access.password or unquote(address.password or "")
        try:
            return pymysql.connect(
                host=address.hostname,
                port=address.port or 3306,
                user=unquote(address.username or ""),
                password=password.encode(),
                database=unquote(address.path.strip("/")) or None,
                ssl=ssl.create_default_context() if address.scheme == "mysqls" else None,
                cursorclass=SSCursor,
                conv=encoders,
                charset="utf8mb4",
                program_name="tocsin",
                autocommit=True,
                local_infile=False,
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=limits.time.total_seconds() + 2 * GRACE_SECONDS,
                write_timeout=limits.time.total_seconds() + 2 * GRACE_SECONDS,
            )
        except (pymysql.MySQLError, OSError, RuntimeError, UnicodeError) as error:
            said = f"Target {self.name} cannot be reached: {_complaint(error)}"
            raise Unavailable("target.unready", said) from None


@dataclass(frozen=True, slots=True)
class _Line:
    """A connection as those see it who end what runs on it, from threads of their own."""

    server: _Server
    thread_id: int

    def kill_query(self) -> None:
        """Ask the server to end what runs."""
        self._ask(f"KILL QUERY {self.thread_id}")

    def kill(self) -> None:
        """Ask the server to hang up; if it does not answer, we do not wait much longer either."""
        self._ask(f"KILL CONNECTION {self.thread_id}")

    def _ask(self, text: str) -> None:
        with (
            suppress(Problem, pymysql.MySQLError),
            closing(self.server.connect(Limits())) as connection,
        ):
            connection.cursor().execute(text)


def _run(
    connection: pymysql.Connection[SSCursor],
    line: _Line,
    execution: Execution,
    text: str,
    excerpt: Excerpt,
) -> Outcome:
    looking = execution.read_only
    if execution.stop.because:
        return not_run(f"{execution.stop.because}.")
    try:
        if looking:
            _confine(connection, execution.command.limits)
        began = time.monotonic()
        enough = line.kill_query if looking else _go_on
        whole = _with_values(connection, execution.command, text)
        outcome = _step_through(connection, whole, excerpt, enough)
        return _cut_short(execution, began) or outcome
    except UnicodeError:
        return not_run("It holds half a character.")
    except pymysql.MySQLError as error:
        if execution.stop.because:
            return stopped(execution)
        if error.args and error.args[0] in _ENDED:
            return out_of_time(execution.command.limits)
        told = RuntimeError(_complaint(error))
        gone = not connection.open or (error.args and error.args[0] in _GONE)
        return hung_up(told, read_only=looking) if gone else failed(told, excerpt)


def _with_values(connection: pymysql.Connection[SSCursor], command: Command, text: str) -> str:
    """Return the statement with its values as the driver writes them for this server."""
    if not command.parameters:
        return text
    values = with_figures(command.parameters)
    return str(connection.cursor().mogrify(as_pyformat(text), values))


def _cut_short(execution: Execution, began: float) -> Outcome | None:
    """Return how a look was ended from outside; SLEEP answers as if it had not been."""
    limits = execution.command.limits
    if not execution.read_only:
        return None
    if execution.stop.because:
        return stopped(execution)
    late = time.monotonic() - began >= limits.time.total_seconds()
    return out_of_time(limits) if late else None


def _confine(connection: pymysql.Connection[SSCursor], limits: Limits) -> None:
    """Have the session be read-only, whatever the statement does with its transaction."""
    seconds = limits.time.total_seconds()
    mariadb = "MariaDB" in connection.get_server_info()
    own_limit = (
        f"max_statement_time = {seconds:f}"
        if mariadb
        else f"max_execution_time = {max(1, int(seconds * 1000))}"
    )
    for setting in (
        f"SET SESSION {own_limit}",
        "SET SESSION TRANSACTION READ ONLY",
        "START TRANSACTION READ ONLY",
    ):
        connection.cursor().execute(setting)


def _step_through(
    connection: pymysql.Connection[SSCursor],
    text: str,
    excerpt: Excerpt,
    enough: Callable[[], None],
) -> Outcome:
    """Run it and print the first rows; `enough` keeps the server from sending all the others."""
    cursor = connection.cursor()
    count = cursor.execute(text)
    if not cursor.description:
        return Outcome(exit_status=0, said=affected(count))
    columns = [str(column[0]) for column in cursor.description]
    rows = list(cursor.fetchmany(MOST_ROWS + 1))
    print_rows(columns, rows, excerpt)
    if len(rows) > MOST_ROWS:
        enough()
    with suppress(pymysql.MySQLError):
        cursor.close()
    return Outcome(exit_status=0)


def _go_on() -> None:
    """Let a change come to its end, however much it has to say."""


def _complaint(error: Exception) -> str:
    """Return what the server said, without what was sent to it."""
    told = error.args[1] if len(error.args) > 1 else type(error).__name__
    return str(told)[:300]
