"""A database that cannot be written: new alerts are refused, pages that are due still go out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from drill import SECOND, Drill
from tocsin.core.errors import Unavailable


@contextmanager
def pragma(drill: Drill, setting: str, undo: str) -> Iterator[None]:
    """Make every connection ill for a while, as a full or read-only disk would."""

    def ill(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA {setting}")

    def well(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA {undo}")

    # in each transaction after the store has begun it: the store says itself what it writes
    sa.event.listen(drill.engine, "begin", ill)
    try:
        yield
    finally:
        sa.event.remove(drill.engine, "begin", ill)
        sa.event.listen(drill.engine, "begin", well)


def full(drill: Drill) -> Any:
    with drill.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return pragma(drill, f"max_page_count={pages}", "max_page_count=1073741823")


def read_only(drill: Drill) -> Any:
    return pragma(drill, "query_only=ON", "query_only=OFF")


def test_a_full_disk_refuses_before_the_2xx_and_says_what_it_is(drill: Drill) -> None:
    """The sender keeps the alert and sends it again; nothing is half written."""
    with full(drill), pytest.raises(Unavailable) as caught:
        for n in range(200):
            drill.alert(f"Alert{n}", note="x" * 2000)

    assert caught.value.code == "store.full"
    assert "doctor" in caught.value.hint


def test_a_read_only_database_refuses_and_says_what_it_is(drill: Drill) -> None:
    """The same for a file system that was remounted read-only."""
    with read_only(drill), pytest.raises(Unavailable) as caught:
        drill.alert()

    assert caught.value.code == "store.read_only"


def test_a_page_that_is_due_goes_out_although_nothing_can_be_written(drill: Drill) -> None:
    """Pages fail open: sent unrecorded, once, rather than not at all."""
    drill.mailbox.refuse = Unavailable("channel.smtp", "not now")
    drill.alert()
    drill.mailbox.refuse = None

    with read_only(drill):
        drill.clock += 6 * SECOND
        for _ in range(3):
            try:
                drill.run_due()
            except Unavailable:
                drill.wakes(drill_overdue(drill))

        assert drill.paged == ["ada"]


def drill_overdue(drill: Drill) -> Any:
    with drill.store.look() as tx:
        return tx.overdue(before=drill.clock)
