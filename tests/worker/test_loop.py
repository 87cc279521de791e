"""The worker: soon, at the right time, and no lane waits for another."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.core.errors import Unavailable
from tocsin.ports.work import Wake, WakeKind
from tocsin.worker.loop import Worker


def now() -> datetime:
    return datetime.now(UTC)


class Seen:
    """What was called, and when."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, datetime]] = []
        self.hold = threading.Event()
        self.workers: list[Worker] = []

    def worker(self) -> Worker:
        made = Worker({kind: self._act(kind) for kind in WakeKind}, now)
        self.workers.append(made)
        made.start()
        return made

    def _act(self, kind: WakeKind) -> object:
        def act(subject: int) -> None:
            if subject < 0:
                raise (ValueError("a defect") if subject == -1 else Unavailable("x", "not now"))
            if kind in (WakeKind.RUN, WakeKind.RECOVER):
                self.hold.wait(10)
            self.calls.append((kind.value, subject, now()))

        return act

    def wait_for(self, count: int) -> None:
        for _ in range(500):
            if len(self.calls) >= count:
                return
            time.sleep(0.01)
        raise AssertionError(f"only {self.calls}")


@pytest.fixture
def seen() -> Iterator[Seen]:
    made = Seen()
    yield made
    made.hold.set()
    for worker in made.workers:
        worker.stop()


def test_a_wake_is_called_at_its_time_and_not_before(seen: Seen) -> None:
    """A level's patience is a promise in both directions."""
    due = now() + timedelta(seconds=0.3)
    seen.worker().nudge([Wake(kind=WakeKind.ESCALATE, subject=1, at=due)])

    seen.wait_for(1)

    assert timedelta() <= seen.calls[0][2] - due < timedelta(seconds=0.5)


def test_steps_that_hang_hold_up_no_page(seen: Seen) -> None:
    """Four statements that never end, and the page goes out all the same."""
    worker = seen.worker()
    worker.nudge([Wake(kind=WakeKind.RUN, subject=n, at=now()) for n in range(20)])
    worker.nudge([Wake(kind=WakeKind.DELIVER, subject=7, at=now())])

    seen.wait_for(1)

    assert seen.calls[0][:2] == ("deliver", 7)


def test_a_defect_in_one_row_stops_no_other(seen: Seen) -> None:
    """A poison row is logged; the next one is served."""
    worker = seen.worker()
    worker.nudge([Wake(kind=WakeKind.ESCALATE, subject=n, at=now()) for n in (-1, -2, 5)])

    seen.wait_for(1)

    assert [call[:2] for call in seen.calls] == [("escalate", 5)]


def test_recoveries_that_wait_for_an_answer_hold_up_no_alert(seen: Seen) -> None:
    """A Prometheus that hangs must not delay the next alert or its page."""
    worker = seen.worker()
    worker.nudge([Wake(kind=WakeKind.RECOVER, subject=n, at=now()) for n in range(20)])
    worker.nudge(
        [Wake(kind=kind, subject=7, at=now()) for kind in (WakeKind.BIND, WakeKind.ESCALATE)]
    )

    seen.wait_for(2)

    assert {call[0] for call in seen.calls} == {"bind", "escalate"}
