"""The store on SQLite or PostgreSQL: one schema, one set of queries, two ways to begin."""

from __future__ import annotations

import copy
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any

import sqlalchemy as sa

from tocsin.adapters.db.audit import overdue
from tocsin.adapters.db.incidents import SqlIncidents, SqlPostmortems, SqlTimeline
from tocsin.adapters.db.intake import SqlAlerts, SqlEvents
from tocsin.adapters.db.paging import SqlPages
from tocsin.adapters.db.people import SqlNodes, SqlPeople
from tocsin.adapters.db.record import Mask, SqlAudit, unmasked
from tocsin.adapters.db.running import SqlStepRuns
from tocsin.adapters.db.settings import SqlSettings
from tocsin.core.errors import Unavailable
from tocsin.ports.work import Wake

Enqueue = Callable[[sa.Connection, Wake], None]
AfterCommit = Callable[[Sequence[Wake]], None]

_WAL_NAP_S = 0.01
_BUSY_TIMEOUT_MS = 5000  # for other processes
_LOCK_TIMEOUT_MS = 10_000
_IDLE_TIMEOUT_MS = 30_000  # between two statements: no effect happens within a transaction
_TURN_TIMEOUT_S = 20.0  # for our own threads: each of them ends in milliseconds

log = logging.getLogger("tocsin.db")


def connect(url: str) -> sa.Engine:
    """Return an engine for a SQLAlchemy URL, set up for durable commits.

    SQLite runs in WAL mode with synchronous=FULL, and a transaction takes the write lock
    when it begins: pysqlite would otherwise run a leading SELECT outside of it and lose
    updates. On PostgreSQL nobody waits for a lock without end, and a process that hangs in a
    transaction loses it: another node must be able to page.
    """
    if not url.startswith("sqlite"):
        engine = sa.create_engine(url, pool_size=15, max_overflow=10, pool_pre_ping=True)
        sa.event.listen(engine, "connect", _set_up_postgres)
        return engine
    engine = sa.create_engine(url, pool_size=20, max_overflow=20)
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    _keep_a_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _keep_a_write_ahead_log(connection: Any) -> None:
    """Switch to WAL, also while another process does so: SQLite does not wait for that itself."""
    ends = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > ends:
                raise
            time.sleep(_WAL_NAP_S)
        else:
            return


def _set_up_postgres(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {_LOCK_TIMEOUT_MS}")
        cursor.execute(f"SET idle_in_transaction_session_timeout = {_IDLE_TIMEOUT_MS}")
    connection.commit()


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    looking = options.get("looking", False)
    # straight to the driver, whose price is a tenth: this is said before every transaction
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA query_only={int(looking)}").close()
    if options.get("at_once", False):
        driver.execute("PRAGMA busy_timeout=0").close()
    try:
        connection.exec_driver_sql("BEGIN" if looking else "BEGIN IMMEDIATE")
    finally:
        if options.get("at_once", False):
            driver.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}").close()


class SqlTx:
    """One transaction and the parts of the store it reaches."""

    def __init__(
        self,
        connection: sa.Connection,
        *,
        holding: bool,
        seen: frozenset[str] | None = None,
        mask: Mask = unmasked,
    ) -> None:
        self.connection = connection
        self._mask = mask
        self.wakes: list[Wake] = []
        self._holding = holding
        self._seen = seen

    @cached_property
    def events(self) -> SqlEvents:
        return SqlEvents(self.connection)

    @cached_property
    def alerts(self) -> SqlAlerts:
        return SqlAlerts(self.connection, holding=self._holding)

    @cached_property
    def incidents(self) -> SqlIncidents:
        return SqlIncidents(self.connection, holding=self._holding, seen=self._seen)

    @cached_property
    def pages(self) -> SqlPages:
        return SqlPages(self.connection)

    @cached_property
    def step_runs(self) -> SqlStepRuns:
        return SqlStepRuns(self.connection, holding=self._holding, seen=self._seen)

    @cached_property
    def timeline(self) -> SqlTimeline:
        return SqlTimeline(self.connection, self._mask)

    @cached_property
    def audit(self) -> SqlAudit:
        return SqlAudit(self.connection, self._mask)

    @cached_property
    def people(self) -> SqlPeople:
        return SqlPeople(self.connection)

    @cached_property
    def postmortems(self) -> SqlPostmortems:
        return SqlPostmortems(self.connection)

    @cached_property
    def nodes(self) -> SqlNodes:
        return SqlNodes(self.connection)

    @cached_property
    def settings(self) -> SqlSettings:
        return SqlSettings(self.connection)

    def wake(self, wake: Wake) -> None:
        if wake not in self.wakes:
            self.wakes.append(wake)

    def overdue(self, *, before: datetime) -> list[Wake]:
        return overdue(self.connection, before=before)


class SqlStore:
    """The database. Wakes are enqueued in the transaction that asks for them."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        enqueue: Enqueue = lambda _connection, _wake: None,
        after_commit: AfterCommit = lambda _wakes: None,
        mask: Mask = unmasked,
    ) -> None:
        """Prepare.

        Args:
            engine: The database.
            enqueue: Asks the engine for a wake, within the transaction.
            after_commit: Told of the wakes of a transaction that was committed.
            mask: Takes secrets out of what is put on record.
        """
        self._mask = mask
        self._engine = engine
        self._enqueue = enqueue
        self._after_commit = after_commit
        self._seen: frozenset[str] | None = None
        self._turn = _Turn() if engine.dialect.name == "sqlite" else None

    def seen_by(self, services: frozenset[str] | None) -> SqlStore:
        narrower = copy.copy(self)  # the same engine, and the same turn
        narrower._seen = services
        return narrower

    def begin(self) -> AbstractContextManager[SqlTx]:
        return self._transaction(at_once=False)

    def begin_at_once(self) -> AbstractContextManager[SqlTx]:
        return self._transaction(at_once=True)

    @contextmanager
    def _transaction(self, *, at_once: bool) -> Iterator[SqlTx]:
        patience_s = 0.0 if at_once else _TURN_TIMEOUT_S
        turn = self._turn.taken(patience_s) if self._turn else nullcontext()
        with turn, telling_problems(), self._engine.connect() as plain:
            connection = plain.execution_options(at_once=at_once)
            with connection.begin():
                if at_once and connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("SET LOCAL lock_timeout = '1ms'")
                tx = SqlTx(connection, holding=True, seen=self._seen, mask=self._mask)
                yield tx
                if tx.wakes:
                    self._enqueue_all(connection, tx.wakes)
        self._after_commit(tx.wakes)

    def _enqueue_all(self, connection: sa.Connection, wakes: Sequence[Wake]) -> None:
        """Enqueue the wakes, or none of them: what they are about is kept either way.

        Who is nudged after the commit and the auditor look at rows, so an engine whose tables
        are broken delays nothing but a wake that this process does not live to see.
        """
        savepoint = connection.begin_nested()
        try:
            for wake in wakes:
                self._enqueue(connection, wake)
        except Exception:  # the edge: the engine is a safety net, never a reason to refuse
            if connection.invalidated:
                raise
            savepoint.rollback()  # raises where SQLite has given the whole transaction up
            log.exception("wakes could not be enqueued; the auditor carries them")
        else:
            savepoint.commit()

    @contextmanager
    def look(self) -> Iterator[SqlTx]:
        options: dict[str, Any] = {"looking": True}
        if self._engine.dialect.name == "postgresql":  # SQLite shows one state by itself
            options |= {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
        with telling_problems(), self._engine.connect() as plain:
            connection = plain.execution_options(**options)
            with connection.begin():
                yield SqlTx(connection, holding=False, seen=self._seen)


class _Turn:
    """One writer after the other within this process: SQLite itself lets them poll and starve."""

    def __init__(self) -> None:
        self._lock = Lock()

    @contextmanager
    def taken(self, patience_s: float) -> Iterator[None]:
        """Hold the turn; raise Unavailable("store.locked") if it does not come in time."""
        if not self._lock.acquire(timeout=patience_s):
            raise Unavailable("store.locked", "The database is busy.", hint="Try again.")
        try:
            yield
        finally:
            self._lock.release()


_CAUSES = (
    ("lock timeout", "store.locked", "Another process holds the database."),
    ("deadlock", "store.locked", "Two transactions held each other up."),
    ("locked", "store.locked", "Another process holds the database."),
    ("readonly", "store.read_only", "The database cannot be written."),
    ("read-only", "store.read_only", "The database cannot be written."),
    ("no space left", "store.full", "The disk that holds the database is full."),
    ("full", "store.full", "The disk that holds the database is full."),
)


_OUR_DEFECTS = (
    sa.exc.DataError,
    sa.exc.IntegrityError,
    sa.exc.NotSupportedError,
    sa.exc.ProgrammingError,
)


@contextmanager
def telling_problems() -> Iterator[None]:
    """Turn what the database refuses into a problem; anything of ours stays a defect."""
    try:
        yield
    except _OUR_DEFECTS:
        raise
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        text = _first_line(error)
        for word, code, sentence in _CAUSES:
            if word in text.lower():
                raise Unavailable(code, sentence, hint="See `tocsin doctor`.") from error
        reason = text[:200] or "it did not answer"
        raise Unavailable(
            "store.unavailable", f"The database is not available: {reason}.", hint="tocsin doctor"
        ) from error


def _first_line(error: Exception) -> str:
    """Return what the database said, without its details: they hold words of their own."""
    text = str(getattr(error, "orig", None) or error).strip()
    return text.splitlines()[0] if text else ""
