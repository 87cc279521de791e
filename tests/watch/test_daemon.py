"""The schedule, in real time with short intervals."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.core.check import CheckEvent
from tocsin.core.errors import Unavailable
from tocsin.core.workspace import Check, CheckKind
from tocsin.ports.probes import Reading
from tocsin.watch.daemon import Daemon

MILLISECOND = timedelta(milliseconds=1)
ENOUGH = 10.0  # seconds until a test gives up


class World:
    """What the probe sees, what was reported, and a daemon to watch it."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.hanging: set[str] = set()
        self.release = threading.Event()
        self.looks: list[str] = []
        self.inside: list[str] = []
        self.overlapped = False
        self.reports: list[CheckEvent] = []
        self.refusals = 0
        self.refuse: Callable[[], bool] = lambda: False
        self.broken = False
        self.daemon: Daemon | None = None

    def look(self, check: Check) -> Reading:
        self.overlapped |= check.name in self.inside
        self.inside.append(check.name)
        self.looks.append(check.name)
        if check.name in self.hanging:
            self.release.wait(ENOUGH)
        self.inside.remove(check.name)
        healthy = check.name not in self.failing
        return Reading(healthy=healthy, said="Up." if healthy else "Down.", figure=7)

    def report(self, event: CheckEvent) -> None:
        if self.broken:
            self.broken = False
            raise RuntimeError("a defect of the receiver")
        if self.refuse():
            self.refusals += 1
            raise Unavailable("store.full", "The disk is full.")
        self.reports.append(event)

    def watch(self, *checks: Check, **more) -> Daemon:
        self.daemon = Daemon(
            checks, {CheckKind.TCP: self}, self.report, lambda: datetime.now(UTC), **more
        )
        self.daemon.start()
        return self.daemon

    def told(self) -> list[tuple[str, str]]:
        return [
            (event.check.name, "firing" if event.firing else "resolved") for event in self.reports
        ]


@pytest.fixture
def world() -> Iterator[World]:
    """A world whose daemon stops with the test."""
    world = World()
    yield world
    world.release.set()
    if world.daemon is not None:
        world.daemon.stop()


def check(name: str = "door", every: timedelta = 20 * MILLISECOND) -> Check:
    return Check(name=name, kind=CheckKind.TCP, alert="It", interval=every)


def until(holds: Callable[[], bool]) -> None:
    """Wait for it, and fail if it never comes."""
    deadline = time.monotonic() + ENOUGH
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)


def test_a_check_that_fails_often_enough_is_reported_once_and_so_is_its_end(world) -> None:
    """From first failure to recovery: two reports with one identity."""
    world.failing.add("door")
    world.watch(check())
    until(lambda: world.told() == [("door", "firing")])
    until(lambda: len(world.looks) > 10)
    world.failing.clear()
    until(lambda: len(world.reports) == 2)

    fired, ended = world.reports

    assert world.told() == [("door", "firing"), ("door", "resolved")]
    assert fired.starts_at == ended.starts_at
    assert fired.ends_at is None
    assert ended.ends_at is not None
    assert ended.ends_at > fired.starts_at
    assert (fired.said, fired.figure, ended.said) == ("Down.", 7, "Up.")


def test_a_healthy_check_is_never_reported(world) -> None:
    """Silence is the normal state."""
    daemon = world.watch(check())
    until(lambda: len(world.looks) > 10)

    assert world.reports == []
    assert daemon.latest()["door"].healthy


def test_a_hanging_check_neither_delays_the_others_nor_overlaps_itself(world) -> None:
    """Whatever it waits for, the rest of the watch goes on."""
    world.hanging.add("stuck")
    world.watch(check("stuck"), *(check(f"check {number}") for number in range(20)))
    until(lambda: all(world.looks.count(f"check {number}") >= 5 for number in range(20)))

    assert world.looks.count("stuck") == 1

    world.hanging.clear()
    world.release.set()
    until(lambda: world.looks.count("stuck") >= 3)
    assert not world.overlapped


def test_the_newest_result_of_each_check_is_at_hand(world) -> None:
    """For the console, and to verify a recovery by the check itself."""
    world.failing.add("door")
    daemon = world.watch(check(), check("gate"))
    until(lambda: world.told() == [("door", "firing")] and len(daemon.latest()) == 2)

    door, gate = daemon.latest()["door"], daemon.latest()["gate"]

    assert (door.healthy, door.said, door.firing) == (False, "Down.", True)
    assert (gate.healthy, gate.said, gate.firing) == (True, "Up.", False)
    assert door.at is not None
    assert datetime.now(UTC) - door.at < timedelta(seconds=5)


def test_while_it_fires_it_is_reported_again_now_and_then(world) -> None:
    """A report that was taken and lost is made good; between looks, too."""
    world.failing.add("door")
    world.watch(check(), heartbeat=100 * MILLISECOND)
    until(lambda: len(world.reports) >= 4)
    world.failing.clear()
    until(lambda: ("door", "resolved") in world.told())
    told = len(world.reports)
    time.sleep(0.3)

    assert {event.starts_at for event in world.reports} == {world.reports[0].starts_at}
    assert world.told()[-1] == ("door", "resolved")
    assert len(world.reports) == told


def test_while_it_recovers_nobody_is_told_that_it_still_fires(world) -> None:
    """One good look of three is neither an end nor a reason to say that it is down."""
    world.failing.add("door")
    slow = Check(
        name="door",
        kind=CheckKind.TCP,
        alert="It",
        interval=20 * MILLISECOND,
        recover_after=10**6,
    )
    world.watch(slow, heartbeat=30 * MILLISECOND)
    until(lambda: len(world.reports) >= 3)
    world.failing.clear()
    until(lambda: world.daemon.latest()["door"].healthy)
    time.sleep(0.05)
    told, looks = len(world.reports), len(world.looks)
    until(lambda: len(world.looks) > looks + 10)

    assert len(world.reports) == told
    assert {event.said for event in world.reports} == {"Down."}


def test_an_alert_of_an_earlier_run_goes_on_and_is_ended(world) -> None:
    """Killed while it fired: under the same identity it still fires, or has recovered."""
    since = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
    world.failing.add("door")
    world.watch(check(), check("gate"), check("never"), firing={"door": since, "gate": since})
    until(lambda: {("door", "firing"), ("gate", "resolved")} <= set(world.told()))
    world.failing.clear()
    until(lambda: len(world.reports) == 3)

    assert sorted(world.told()) == [("door", "firing"), ("door", "resolved"), ("gate", "resolved")]
    assert {event.starts_at for event in world.reports} == {since}
    assert world.looks.count("door") > 2


def test_a_refused_report_is_repeated_until_it_is_taken(world) -> None:
    """A full disk in the night of the outage must not eat the alert, nor its end."""
    world.refuse = lambda: True
    world.failing.add("door")
    world.watch(check(), retry=10 * MILLISECOND)
    until(lambda: world.refusals >= 3)
    world.failing.clear()
    until(lambda: world.looks[-10:] == ["door"] * 10 and world.refusals >= 20)
    assert world.reports == []

    world.refuse = lambda: False
    until(lambda: len(world.reports) >= 2)

    assert world.told() == [("door", "firing"), ("door", "resolved")]


def test_a_refused_report_does_not_wait_for_the_next_look(world) -> None:
    """A check that looks once an hour would page an hour late."""
    answers = iter([True, True])
    world.refuse = lambda: next(answers, False)
    world.failing.add("door")
    hourly = Check(
        name="door",
        kind=CheckKind.TCP,
        alert="It",
        interval=timedelta(hours=1),
        fire_after=1,
    )
    world.watch(hourly, retry=20 * MILLISECOND)
    until(lambda: world.told() == [("door", "firing")])

    assert world.looks == ["door"]
    assert world.refusals == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_defect_of_the_receiver_does_not_end_the_watch(world) -> None:
    """It leaves its traceback, and the report is made all the same."""
    world.broken = True
    world.failing.add("door")
    world.watch(check(), retry=10 * MILLISECOND)
    until(lambda: world.told() == [("door", "firing")])

    assert not world.broken


def test_the_first_look_comes_within_a_second(world) -> None:
    """However long the interval is."""
    daemon = world.watch(*(check(f"check {number}", timedelta(days=1)) for number in range(20)))
    began = time.monotonic()
    until(lambda: len(daemon.latest()) == 20)

    assert time.monotonic() - began < 2  # one, and one for a busy machine


def test_after_stop_nothing_is_looked_at_or_reported(world) -> None:
    """Also when a look was under way: it ends by itself, and nobody waits for it."""
    world.failing.add("stuck")
    world.hanging.add("stuck")
    daemon = world.watch(
        Check(name="stuck", kind=CheckKind.TCP, alert="It", fire_after=1), check("door")
    )
    until(lambda: "stuck" in world.inside)

    began = time.monotonic()
    daemon.stop()
    took = time.monotonic() - began
    time.sleep(0.05)
    looks = len(world.looks)
    world.release.set()
    time.sleep(0.1)

    assert took < 1
    assert len(world.looks) == looks
    assert world.reports == []


def test_stopping_what_never_started_or_twice_is_harmless(world) -> None:
    """Whoever shuts down need not know how far the start came."""
    daemon = Daemon([], {}, world.report, lambda: datetime.now(UTC))
    daemon.stop()
    daemon = world.watch()
    daemon.stop()
    daemon.stop()

    assert daemon.latest() == {}
