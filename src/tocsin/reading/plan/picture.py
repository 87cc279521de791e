"""A plan as a picture: rows of marks along one line of time.

Early minutes matter most, so that time is drawn by its square root: the first five minutes of
four hours take a seventh of the width.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from tocsin.reading.plan.entries import Chapter, Entry, Kind, Plan
from tocsin.reading.plan.wording import many, spoken

_MINUTE = timedelta(minutes=1)
_LONGEST = timedelta(hours=4)  # what comes later is told, not drawn
_SHORTEST = timedelta(minutes=15)
_TICKS = [timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 240)]
_CLOSEST = 13.0  # percent between two ticks, so that their labels fit on a phone
_MOST_ROWS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A time on the axis."""

    place: float  # percent of the width
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What happens to one person, or with one thing."""

    label: str
    kind: Kind
    places: tuple[float, ...]  # percent of the width, in order; of a deadline its end


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Rows over one axis."""

    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    said: str  # the same in words


def picture(plan: Plan) -> Picture | None:
    """Return the picture of a plan, or None where there is nothing to draw but its beginning."""
    timed = [entry for entry in plan.entries if entry.at is not None and entry.at <= _LONGEST]
    latest = max((entry.at for entry in timed if entry.at), default=None)
    if latest is None:
        return None
    horizon = max(latest, _SHORTEST)
    rows = [*_pages(timed, horizon), *_looks(plan), *_due(timed, horizon), *_told(timed, horizon)]
    return Picture(
        ticks=tuple(_ticks(horizon)),
        rows=tuple(rows[:_MOST_ROWS]),
        said=f"What happens in the first {spoken(horizon)}: {_in_words(timed)}",
    )


def _place(at: timedelta, horizon: timedelta) -> float:
    return round(100 * math.sqrt(at / horizon), 2)


def _ticks(horizon: timedelta) -> Iterator[Tick]:
    yield Tick(place=0, label="now")
    last = 0.0
    for at in (*(tick for tick in _TICKS if tick < horizon), horizon):
        place = _place(at, horizon)
        if place - last >= _CLOSEST and (at == horizon or place <= 100 - _CLOSEST):
            yield Tick(place=place, label=spoken(at))
            last = place


def _pages(timed: Iterable[Entry], horizon: timedelta) -> Iterator[Row]:
    times: dict[str, set[timedelta]] = {}
    for entry in timed:
        for name in entry.people if entry.kind is Kind.PAGE else ():
            times.setdefault(name, set()).update(_times(entry, horizon))
    for name, when in times.items():
        yield Row(
            label=name, kind=Kind.PAGE, places=tuple(_place(at, horizon) for at in sorted(when))
        )


def _looks(plan: Plan) -> Iterator[Row]:
    count = sum(len(entry.runs) for entry in plan.chapter(Chapter.AT_ONCE))
    if count:
        yield Row(label=many(count, "look"), kind=Kind.LOOK, places=(0.0,))


def _due(timed: Iterable[Entry], horizon: timedelta) -> Iterator[Row]:
    for entry in timed:
        if entry.kind is Kind.DEADLINE and entry.at is not None:
            label = entry.text.removesuffix(" is due").strip("“”")
            yield Row(label=label, kind=Kind.DEADLINE, places=(_place(entry.at, horizon),))


def _told(timed: Iterable[Entry], horizon: timedelta) -> Iterator[Row]:
    times: set[timedelta] = set()
    for entry in timed:
        if entry.kind is Kind.MESSAGE:
            times.update(_times(entry, horizon))
    if times:
        places = tuple(_place(at, horizon) for at in sorted(times))
        yield Row(label="messages", kind=Kind.MESSAGE, places=places)


def _times(entry: Entry, horizon: timedelta) -> list[timedelta]:
    """Return when it happens, each time anew, up to the end of the picture."""
    at = entry.at or timedelta()
    if not entry.every:
        return [at]
    step = max(entry.every, _MINUTE)
    times = [at + place * step for place in range((horizon - at) // step + 1)]
    return [time for time in times if entry.until is None or time < entry.until]


def _in_words(timed: Iterable[Entry]) -> str:
    told = [f"{spoken(entry.at or timedelta())}: {entry.text}" for entry in timed if entry.at]
    return "; ".join(told)
