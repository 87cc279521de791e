"""Unit tests for promtool that a rule passes and any other limit, comparator or `for` fails.

Per rule: one story in time (silent, pending, firing, quiet again), and steady figures just
beyond the limit, just before it and exactly on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from tocsin.core.metric import Metric, Shape, Unit
from tocsin.reading.rules.exactness import exact_traffic
from tocsin.reading.rules.figures import Limit, plain
from tocsin.reading.rules.samples import (
    TRAFFIC,
    Series,
    Stretch,
    at_cap,
    samples,
    window_steps,
)

_NEAR = Decimal("0.001")  # of the limit: how close to it the steady figures come
_FAR = Decimal("0.1")
_HEAVY = 1_000_000  # a histogram's traffic after a change, so that what was before has no weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What the alert does at one moment: silent, pending or firing."""

    after: int  # seconds
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One unit test of one rule."""

    name: str
    series: tuple[Series, ...]
    expected: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What every proof of one rule needs to know."""

    metric: Metric
    limit: Limit
    waits: int  # samples until a pending alert fires
    step: int  # seconds
    window: int = field(default=0)  # samples

    @property
    def settled(self) -> int:
        """The sample at which anything steady has long been what it is."""
        return self.window + self.waits + 2


def prove(metric: Metric, limit: Limit, lasting: timedelta | None, step: int) -> list[Proof]:
    """Return the unit tests of a rule.

    Args:
        metric: What the rule is about.
        limit: Its threshold; `is_provable` holds for it.
        lasting: Its `for`, a multiple of `step`.
        step: Seconds from one sample and one evaluation to the next.

    Raises:
        Invalid: No series can be thought of for the metric.
    """
    waits = round(lasting.total_seconds()) // step if lasting else 0
    case = _Case(
        metric=metric, limit=limit, waits=waits, step=step, window=window_steps(metric, step)
    )
    return [_story(case), *_steady(case)]


def step_for(lengths: Sequence[timedelta]) -> int:
    """Return the seconds between samples that all these lengths are multiples of; 60 at most."""
    return math.gcd(60, *(round(length.total_seconds()) for length in lengths))


def _story(case: _Case) -> Proof:
    """Return the test that goes through all states in time."""
    calm, hot = _levels(case)
    begins_hot = case.window > 0 and calm is None
    before = 0 if begins_hot else case.settled
    during = case.waits + 3
    holds = before or 1  # a rate needs a second sample
    over = before + during
    quiet = _elsewhere(case, hot) if calm is None else calm
    stretches = [
        *([] if begins_hot else [Stretch(figure=quiet, steps=before)]),
        Stretch(figure=hot, steps=during, weight=_HEAVY),
        Stretch(figure=quiet, steps=case.window + 3, weight=_HEAVY * _HEAVY),
    ]
    moments = [(holds - 1, "silent"), (holds + case.waits, "firing")]
    moments += [(over + case.window + 1, "silent")]
    if case.waits:
        moments += [(holds, "pending"), (holds + case.waits - 1, "pending")]
    return _proof(case, "in time", samples(case.metric, stretches, case.step), moments)


def _steady(case: _Case) -> Iterator[Proof]:
    """Yield the tests at figures that stay."""
    for figure in _inside(case):
        yield _steadily(case, figure, "just beyond", "firing", TRAFFIC)
    for figure in _outside(case):
        yield _steadily(case, figure, "just before", "silent", TRAFFIC)
    on_it = "silent" if case.limit.comparator in ("<", ">") else "firing"
    for figure in dict.fromkeys((case.limit.low, case.limit.high)):
        traffic = exact_traffic(case.metric, figure, case.step)
        if traffic is not None:
            yield _steadily(case, figure, "exactly on", on_it, traffic)


def _steadily(case: _Case, figure: Decimal, where: str, state: str, traffic: Decimal) -> Proof:
    steps = case.settled + 1
    if case.metric.shape is Shape.QUANTILE and where == "exactly on":
        series = at_cap(case.metric, figure, steps)
    else:
        series = samples(case.metric, [Stretch(figure=figure, steps=steps)], case.step, traffic)
    return _proof(case, f"{where} the limit, at {plain(figure)}", series, [(case.settled, state)])


def _proof(case: _Case, name: str, series: list[Series], moments: list[tuple[int, str]]) -> Proof:
    expected = tuple(
        Expectation(after=sample * case.step, state=state) for sample, state in sorted(set(moments))
    )
    return Proof(name=name, series=tuple(series), expected=expected)


def _levels(case: _Case) -> tuple[Decimal | None, Decimal]:
    """Return a calm figure and one so far beyond the limit that one sample of it crosses it.

    A rate climbs over its whole window, so the figure has to be the further off the longer that
    is. There is no calm figure where nothing lies beyond the limit: a rate reaches it only when
    the window holds nothing else.
    """
    low, high = case.limit.low, case.limit.high
    far = 2 * max(case.window, 1)
    if case.limit.comparator == "==":
        return _elsewhere(case, low), low
    if case.limit.comparator == "between":
        middle = (low + high) / 2
        return _between(case, middle, (high - low) / 2 / far)
    sign = 1 if case.limit.comparator in (">", ">=") else -1
    room = _room(case.metric, low, sign)
    if room == 0:
        return (None if case.window else low - sign * _unit(case, low) * _FAR), low
    gap = min([_unit(case, low) * _FAR, *([] if room is None else [room / far])])
    back = _room(case.metric, low, -sign)
    return low - sign * (gap if back is None else min(gap, back)), low + sign * gap * far


def _between(case: _Case, middle: Decimal, gap: Decimal) -> tuple[Decimal, Decimal]:
    if _room(case.metric, case.limit.low, -1) == 0:
        return case.limit.high + gap, middle
    return case.limit.low - gap, middle


def _elsewhere(case: _Case, figure: Decimal) -> Decimal:
    """Return a figure at which the condition does not hold."""
    if case.metric.unit is Unit.STATE:
        return Decimal(1) - figure if figure in (0, 1) else figure + 1
    away = _unit(case, figure) / 2
    return figure + away if _room(case.metric, figure, -1) == 0 else figure - away


def _inside(case: _Case) -> list[Decimal]:
    """Return figures just beyond the limit."""
    low, high = case.limit.low, case.limit.high
    if case.limit.comparator == "==":
        return []  # only the limit itself
    if case.limit.comparator == "between":
        near = min((high - low) / 4, _unit(case, low) * _NEAR)
        return [low + near, high - near]
    sign = 1 if case.limit.comparator in (">", ">=") else -1
    return _nearby(case, low, sign) or [low]


def _outside(case: _Case) -> list[Decimal]:
    """Return figures just before the limit; none where there is nothing before it."""
    low, high = case.limit.low, case.limit.high
    if case.limit.comparator in ("between", "=="):
        return [*_nearby(case, low, -1), *_nearby(case, high, 1)]
    return _nearby(case, low, -1 if case.limit.comparator in (">", ">=") else 1)


def _nearby(case: _Case, figure: Decimal, sign: int) -> list[Decimal]:
    room = _room(case.metric, figure, sign)
    if room == 0:
        return []
    near = _unit(case, figure) * _NEAR
    return [figure + sign * (near if room is None else min(near, room / 5))]


def _unit(case: _Case, figure: Decimal) -> Decimal:
    """Return what distances from the figure are measured by: its own from 0, or from all."""
    if case.metric.unit is Unit.RATIO and figure > 0:
        return min(figure, 1 - figure) or Decimal(1)
    return abs(figure) or Decimal(1)


def _room(metric: Metric, figure: Decimal, sign: int) -> Decimal | None:
    """Return how far the figure may still go in a direction; None without a bound."""
    if sign > 0:
        return max(1 - figure, Decimal(0)) if metric.unit is Unit.RATIO else None
    unbounded = metric.shape is Shape.UNTIL or metric.unit is Unit.STATE
    return None if unbounded else max(figure, Decimal(0))
