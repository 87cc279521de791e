"""One process with a real engine, for the tests beside it: DBOS is one per process.

python waking.py URL all      ask in every way, wait, and print what was called as JSON
python waking.py URL leave    ask, and be gone before it is due
python waking.py URL stop     ask, and stop in an orderly way before it is due
python waking.py URL come     be there for what others asked for
python waking.py URL again    start while somebody else holds the database, then again
python waking.py URL sweep    ask, and forget what was answered
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Lock

import sqlalchemy as sa

from tocsin.adapters.db.store import SqlStore, connect
from tocsin.adapters.engine.durable import DurableWakes
from tocsin.ports.work import Wake, WakeKind

LATER = timedelta(seconds=2)
FIXED = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)


class Process:
    """A store whose wakes go to an engine, and what that called."""

    def __init__(self, url: str, node: str) -> None:
        self.url = url
        self.calls: list[dict[str, object]] = []
        self._lock = Lock()
        self.engine = connect(url)
        with self.engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE IF NOT EXISTS ours (n INTEGER)"))
        self.wakes = DurableWakes(url, node=node)
        self.store = SqlStore(self.engine, enqueue=self.wakes.enqueue)

    def act(self, wake: Wake) -> None:
        with self._lock:
            self.calls.append(
                {
                    "kind": wake.kind,
                    "subject": wake.subject,
                    "at": wake.at.isoformat(),
                    "late_s": (datetime.now(UTC) - wake.at).total_seconds(),
                    "rows": self._rows(),
                }
            )

    def _rows(self) -> int:
        with self.engine.connect() as connection:
            return connection.execute(sa.text("SELECT count(*) FROM ours")).scalar_one()

    def ask(self, *wakes: Wake, fail: bool = False) -> None:
        """Write a row and ask for wakes, all or nothing."""
        with self.store.begin() as tx:
            tx.connection.execute(sa.text("INSERT INTO ours VALUES (1)"))
            for wake in wakes:
                tx.wake(wake)
            if fail:
                self.wakes.enqueue(tx.connection, wakes[0])
                raise ZeroDivisionError

    def await_calls(self, count: int, within_s: float) -> None:
        until = time.monotonic() + within_s
        while len(self.calls) < count and time.monotonic() < until:
            time.sleep(0.05)


def everything(process: Process) -> None:
    """Ask for 1 (at once), 2 (rolled back), 3 (twice), 4 (later), 5 (of another kind), 6 (odd)."""
    process.ask(Wake(kind=WakeKind.DELIVER, subject=9, at=FIXED))  # before the engine starts
    process.wakes.start(process.act)
    now = datetime.now(UTC)
    process.ask(Wake(kind=WakeKind.DELIVER, subject=1, at=now))
    with suppress(ZeroDivisionError):
        process.ask(Wake(kind=WakeKind.DELIVER, subject=2, at=now), fail=True)
    process.ask(Wake(kind=WakeKind.DELIVER, subject=3, at=now))
    process.ask(Wake(kind=WakeKind.DELIVER, subject=3, at=now))
    process.ask(Wake(kind=WakeKind.DELIVER, subject=4, at=now + LATER))
    process.ask(Wake(kind=WakeKind.RUN, subject=1, at=now))
    process.await_calls(4, 12)
    process.ask(Wake(kind=WakeKind.DELIVER, subject=3, at=now))  # it was called already
    time.sleep(1.5)
    process.wakes.stop()


def leave(process: Process) -> None:
    """Ask for something, and die without a word."""
    process.wakes.start(process.act)
    process.ask(Wake(kind=WakeKind.DELIVER, subject=7, at=datetime.now(UTC) + LATER))
    os._exit(9)


def stop(process: Process) -> None:
    """Ask for something, and stop."""
    process.wakes.start(process.act)
    process.ask(Wake(kind=WakeKind.DELIVER, subject=8, at=datetime.now(UTC) + LATER))
    process.wakes.stop()
    process.ask(Wake(kind=WakeKind.DELIVER, subject=9, at=FIXED))  # after it: a row, no wake


def come(process: Process) -> None:
    """Be there."""
    process.wakes.start(process.act)
    process.await_calls(2, 12)
    time.sleep(0.3)
    process.wakes.stop()


def again(process: Process) -> None:
    """Fail to start, and start: what `tocsin serve` does where its file is locked at first."""
    with process.engine.begin(), suppress(sa.exc.OperationalError):
        process.wakes.start(process.act)
        raise AssertionError("it started in a database that is locked")
    process.wakes.stop()
    process.wakes = DurableWakes(process.url, node="second")
    process.store = SqlStore(process.engine, enqueue=process.wakes.enqueue)
    process.wakes.start(process.act)
    process.ask(Wake(kind=WakeKind.DELIVER, subject=5, at=datetime.now(UTC)))
    process.await_calls(1, 12)
    process.wakes.stop()


def sweep(process: Process) -> None:
    """Say how many wakes were forgotten at once, an hour later, and what was called after it."""
    process.wakes.start(process.act)
    now = datetime.now(UTC)
    process.ask(Wake(kind=WakeKind.DELIVER, subject=1, at=now))
    process.await_calls(1, 12)
    process.ask(Wake(kind=WakeKind.DELIVER, subject=2, at=now + LATER))
    time.sleep(0.5)
    forgotten = [process.wakes.sweep(now=now + timedelta(hours=hours)) for hours in (0, 2, 2)]
    process.await_calls(2, 12)
    process.wakes.stop()
    process.calls.append({"forgotten": forgotten})


SCENES = {
    "all": everything,
    "leave": leave,
    "stop": stop,
    "come": come,
    "again": again,
    "sweep": sweep,
}


def main(url: str, scene: str) -> None:
    """Play one scene and print what was called."""
    process = Process(url, f"{scene}-{os.getpid()}")
    SCENES[scene](process)
    process.engine.dispose()
    print(json.dumps(process.calls))


if __name__ == "__main__":
    main(*sys.argv[1:])
