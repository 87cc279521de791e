"""Looks at our own checks on schedule, and reports those that fire as any source would.

One thread sleeps until something is due; each look and each report has a thread of its own,
at most one per check, so a slow check delays no other and never overlaps itself. A report
that was refused is kept and tried again; while a check fires it is reported again now and
then, so that a report that got lost is made good.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from types import MappingProxyType

from tocsin.core.check import CheckEvent, CheckState, Transition, after
from tocsin.core.errors import Problem
from tocsin.core.workspace import Check, CheckKind
from tocsin.ports.probes import Probe
from tocsin.watch.look import Result, read
from tocsin.watch.schedule import first_due, next_due

HEARTBEAT = timedelta(minutes=5)
RETRY = timedelta(seconds=2)
_KEPT = 64  # refused reports per check; nobody needs to know of more flapping than this


@dataclass(slots=True, kw_only=True)
class _Watched:
    """One check on the schedule. Whoever has set `busy` owns all but `result`."""

    check: Check
    due: float  # seconds since the start
    report_due: float | None = None  # when to report again; None: nothing to say
    busy: bool = False
    state: CheckState = field(default_factory=CheckState)
    owed: deque[CheckEvent] = field(default_factory=lambda: deque(maxlen=_KEPT))
    result: Result | None = None

    def needed(self) -> float:
        """Return when something is due."""
        return self.due if self.report_due is None else min(self.due, self.report_due)


class Daemon:
    """The checks of a workspace, watched from `start` to `stop`."""

    def __init__(
        self,
        checks: Sequence[Check],
        probe_of: Mapping[CheckKind, Probe],
        report: Callable[[CheckEvent], None],
        clock: Callable[[], datetime],
        *,
        firing: Mapping[str, datetime] = MappingProxyType({}),
        heartbeat: timedelta = HEARTBEAT,
        retry: timedelta = RETRY,
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            checks: What to look at.
            probe_of: How to look, by kind.
            report: Called from several threads at once, one per check at most. Raises a
                Problem to refuse: the event is then reported again after `retry`.
            clock: Tells the time, aware; durations are measured by a clock of our own.
            firing: What fires already, as an earlier run reported it: when it started, by
                name of the check. It goes on under that identity until it recovers, so a
                restart opens no second alert and leaves none that nobody ends.
            heartbeat: How long after a report a check that still fires is reported again.
            retry: How long to wait after a refusal.
        """
        self._watched = [_watched(check, firing.get(check.name)) for check in checks]
        self._probe_of = probe_of
        self._report = report
        self._clock = clock
        self._heartbeat = heartbeat.total_seconds()
        self._retry = retry.total_seconds()
        self._began = 0.0
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._began = monotonic()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begin no further look or report. A look under way ends by itself, unreported."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def latest(self) -> dict[str, Result]:
        """Return the newest result of each check that has been looked at, by name."""
        results = [watched.result for watched in self._watched]
        return {result.check.name: result for result in results if result is not None}

    def _now(self) -> float:
        return monotonic() - self._began

    def _run(self) -> None:
        with self._changed:
            while not self._stopping:
                for watched in self._watched:
                    if not watched.busy and watched.needed() <= self._now():
                        self._give_turn(watched)
                self._changed.wait(self._until_next())

    def _until_next(self) -> float | None:
        """Return how long to sleep; None: until a turn ends."""
        waiting = [watched.needed() for watched in self._watched if not watched.busy]
        return max(0.0, min(waiting) - self._now()) if waiting else None

    def _give_turn(self, watched: _Watched) -> None:
        watched.busy = True
        name = f"watch {watched.check.name}"
        threading.Thread(target=self._turn, args=(watched,), name=name, daemon=True).start()

    def _turn(self, watched: _Watched) -> None:
        """Look and report as far as either is due, then hand the check back."""
        try:
            if watched.due <= self._now():
                # Set first: whatever goes wrong in this look, the next one comes in its time.
                watched.due = next_due(watched.check, watched.due, self._now())
                self._look(watched)
            if watched.owed or self._is_heartbeat_due(watched):
                self._tell(watched)
        finally:
            with self._changed:
                # A look that took longer than the interval: what was missed is skipped.
                if watched.due < self._now():
                    watched.due = next_due(watched.check, watched.due, self._now())
                watched.busy = False
                self._changed.notify_all()

    def _look(self, watched: _Watched) -> None:
        reading = read(watched.check, self._probe_of)
        at = self._clock()
        watched.state, transition = after(
            watched.state, watched.check, healthy=reading.healthy, at=at, said=reading.said
        )
        watched.result = Result(
            check=watched.check, reading=reading, at=at, firing=watched.state.firing
        )
        if transition is not None:
            watched.owed.append(_event(watched, ended=transition is Transition.RECOVERED))
        elif watched.state.firing and watched.report_due is None:
            watched.report_due = self._now()  # an earlier run's: say once that it still fires

    def _is_heartbeat_due(self, watched: _Watched) -> bool:
        due = watched.report_due
        return watched.state.firing and due is not None and due <= self._now()

    def _tell(self, watched: _Watched) -> None:
        """Report what is owed, in order, or else that it still fires, if it is not recovering."""
        # Set first: a report that fails in a way nobody foresaw is tried again all the same.
        watched.report_due = self._now() + self._retry
        if not watched.owed and watched.state.failing:
            watched.owed.append(_event(watched, ended=False))
        while watched.owed:
            if self._stopping:
                return
            try:
                self._report(watched.owed[0])
            except Problem:
                return  # refused: it stays owed
            watched.owed.popleft()
        watched.report_due = self._now() + self._heartbeat if watched.state.firing else None


def _watched(check: Check, fires_since: datetime | None) -> _Watched:
    if fires_since is None:
        return _Watched(check=check, due=first_due(check))
    state = CheckState(firing=True, starts_at=fires_since, fired_at=fires_since)
    return _Watched(check=check, due=first_due(check), state=state)


def _event(watched: _Watched, *, ended: bool) -> CheckEvent:
    state, result = watched.state, watched.result
    if state.starts_at is None or result is None:
        raise AssertionError("unreachable: what has never fired is never reported")
    return CheckEvent(
        check=watched.check,
        firing=not ended,
        starts_at=state.starts_at,
        ends_at=state.healthy_since if ended else None,
        said=result.said,
        figure=result.reading.figure,
    )
