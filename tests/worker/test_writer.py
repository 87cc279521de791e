"""A 2xx means "on disk": the one writer, with a real database under it."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from tocsin.adapters.db import schema
from tocsin.adapters.db.store import SqlStore, connect
from tocsin.core.errors import Unavailable
from tocsin.intake import decode
from tocsin.ports.inbox import Incoming, Receipt
from tocsin.worker.writer import GroupWriter

NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)


def message(name: str) -> Incoming:
    return decode.generic("ci", f'{{"name": "{name}"}}'.encode())


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "t.db"
    engine = connect(f"sqlite:///{path}")
    schema.metadata.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture
def writer(database: Path) -> Iterator[GroupWriter]:
    engine = connect(f"sqlite:///{database}")
    made = GroupWriter(SqlStore(engine), lambda: NOW)
    made.start()
    yield made
    made.stop()
    engine.dispose()


def count(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        found = int(connection.execute("SELECT count(*) FROM tocsin_alert").fetchone()[0])
    connection.close()
    return found


def test_everybody_who_waits_is_answered_after_their_message_is_on_disk(
    database: Path, writer: GroupWriter
) -> None:
    """Many at once: each receipt counts its own, and another process sees all of them."""
    futures: list[Future[Receipt]] = []
    threads = [
        threading.Thread(target=lambda n=n: futures.append(writer.put(message(f"A{n}"))))
        for n in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    receipts = [future.result(10) for future in futures]

    assert [receipt.accepted for receipt in receipts] == [1] * 40
    assert count(database) == 40


def test_a_locked_database_refuses_and_loses_nothing_that_was_accepted(
    database: Path, writer: GroupWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender gets a 503 and sends again; what had its 2xx stays."""
    writer.put(message("Before")).result(10)
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(Unavailable) as caught:
            writer.put(message("During")).result(20)
    finally:
        holder.execute("ROLLBACK")
        holder.close()

    assert caught.value.code == "store.locked"
    writer.put(message("After")).result(10)
    assert count(database) == 2


def test_a_full_queue_is_refused_at_once(database: Path) -> None:
    """Nobody waits for a writer that cannot keep up; the queue is bounded."""
    engine = sa.create_engine("sqlite://")
    stuck = GroupWriter(SqlStore(engine), lambda: NOW)  # never started
    with pytest.raises(Unavailable) as caught:
        for n in range(10_000):
            stuck.put(message(f"A{n}"))

    assert caught.value.code == "intake.full"
    engine.dispose()


def test_many_large_messages_are_refused_before_memory_is(database: Path) -> None:
    """The bound is on bytes as well as on messages."""
    engine = sa.create_engine("sqlite://")
    stuck = GroupWriter(SqlStore(engine), lambda: NOW)
    large = Incoming(source="ci", raw=b"x" * 16 * 1024 * 1024, reports=())
    with pytest.raises(Unavailable) as caught:
        for _ in range(100):
            stuck.put(large)

    assert caught.value.code == "intake.full"
    engine.dispose()


def test_senders_that_left_cost_nobody_their_answer(database: Path) -> None:
    """A client that hangs up cancels its future; its message was received and counts."""
    engine = connect(f"sqlite:///{database}")
    late = GroupWriter(SqlStore(engine), lambda: NOW)
    futures = [late.put(message(f"A{n}")) for n in range(100)]
    left = [future for n, future in enumerate(futures) if n % 7 == 0 and future.cancel()]
    late.start()

    receipts = [future.result(10) for future in futures if future not in left]
    late.stop()

    assert len(left) == 15
    assert [receipt.accepted for receipt in receipts] == [1] * 85
    assert count(database) == 100
    engine.dispose()


def test_a_refusal_reaches_those_who_stayed(database: Path) -> None:
    """The writer survives a cancelled future on the way of an error, too."""
    engine = connect(f"sqlite:///{database}")
    late = GroupWriter(SqlStore(engine), lambda: NOW)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tocsin_alert")
    futures = [late.put(message(f"A{n}")) for n in range(3)]
    futures[1].cancel()
    late.start()

    refused = [type(future.exception(10)) for future in (futures[0], futures[2])]
    late.stop()

    assert all(issubclass(kind, Unavailable) for kind in refused)
    engine.dispose()


def test_the_bytes_that_wait_are_counted_whoever_puts_them(
    database: Path, writer: GroupWriter
) -> None:
    """A count that drifts refuses everything one day, or nothing ever again."""
    begun = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=put_many, args=(writer, n)) for n in range(20)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(begun)
    writer.stop()

    assert writer.waiting_bytes == 0


def put_many(writer: GroupWriter, sender: int) -> None:
    for n in range(50):
        with contextlib.suppress(Unavailable):
            writer.put(message(f"A{sender}-{n % 3}"))
