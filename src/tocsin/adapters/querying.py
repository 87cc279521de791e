"""Asks a database one question for a probe, read-only and within a time limit."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from decimal import Decimal
from math import isfinite
from pathlib import Path
from time import monotonic
from urllib.parse import quote

import psycopg
from psycopg import errors

from tocsin.adapters.access import Access, access_of
from tocsin.adapters.looking import one_line
from tocsin.core.errors import Invalid, Problem, Unavailable
from tocsin.core.workspace import Check, Target, TargetKind
from tocsin.ports.executors import SecretOf

_STEPS = 1000  # of SQLite's virtual machine between two looks at the clock


def target_of(check: Check) -> Target:
    """Return where to ask.

    Raises:
        Invalid("check.option"): Nobody has put a database there.
    """
    target = check.options.get("_target")
    if isinstance(target, Target) and target.kind in (TargetKind.POSTGRES, TargetKind.SQLITE):
        return target
    raise Invalid(
        "check.option",
        f"The option 'target' names no database: {one_line(str(check.options['target']))!r}.",
        hint="Name a target of kind postgres or sqlite.",
    )


def first_value(target: Target, secret: SecretOf, sql: str, limit: float) -> object:
    """Return the first value of the first row, asked with the login for looking; None without one.

    Raises:
        TimeoutError: It took longer than `limit` seconds.
        Problem: It could not be asked, or the question makes no sense there.
    """
    if target.kind is TargetKind.SQLITE:
        return _ask_sqlite(target.url, sql, limit)
    return _ask_postgres(access_of(target, secret, read_only=True), sql, limit)


def _ask_sqlite(url: str, sql: str, limit: float) -> object:
    deadline = monotonic() + limit
    path = Path(url.removeprefix("sqlite:///")).absolute()
    address = f"file:{quote(str(path))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=limit)) as connection:
            connection.set_authorizer(_authorize)
            connection.set_progress_handler(lambda: monotonic() > deadline, _STEPS)
            row = connection.execute(sql).fetchone()
    except (sqlite3.Error, sqlite3.Warning) as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise TimeoutError from error
        raise Unavailable("check.sql", f"SQLite says: {one_line(str(error))}.") from error
    return row[0] if row else None


def _authorize(action: int, *_: object) -> int:
    """Forbid other files: a read-only database can still be copied into a new one."""
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


def _ask_postgres(access: Access, sql: str, limit: float) -> object:
    settings = f"-c statement_timeout={int(limit * 1000)} -c default_transaction_read_only=on"
    try:
        with psycopg.connect(
            access.url.replace("+psycopg://", "://", 1),
            password=access.password or None,
            connect_timeout=max(1, int(limit)),
            options=settings,
            autocommit=True,
        ) as connection:
            # Bytes are taken as they are; asking for binary answers makes it one statement
            # at most, so that none can switch the read-only transaction off for the next.
            answer = connection.execute(sql.encode(), binary=True)
            row = answer.fetchone() if answer.description else None
    except (errors.QueryCanceled, errors.ConnectionTimeout) as error:
        raise TimeoutError from error
    except psycopg.Error as error:
        raise _refused(error) from error
    return row[0] if row else None


def _refused(error: psycopg.Error) -> Problem:
    """Return what the server said. Other words may quote the address with its password."""
    _, failed, why = one_line(str(error)).rpartition(" failed: ")
    said = error.diag.message_primary or (why if failed else "")
    if not said:
        return Unavailable("check.sql", "PostgreSQL cannot be reached at the target's address.")
    return Unavailable("check.sql", f"PostgreSQL says: {one_line(said).rstrip('.')}.")


def figure_of(value: object) -> float | None:
    """Return a finite number as it is; None for anything else."""
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        with suppress(OverflowError):
            return float(value) if isfinite(value) else None
    return None


def as_number(value: object) -> float:
    """Return a value, or what it spells, as a finite number.

    Raises:
        Invalid("check.sql"): It is none.
    """
    with suppress(ValueError):
        if isfinite(number := float(str(value))):
            return number
    shown = "nothing" if value is None else repr(one_line(str(value)))
    raise Invalid("check.sql", f"The query gave {shown}, which is no number.")
