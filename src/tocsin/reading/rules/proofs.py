"""Unit tests for promtool that a rule passes and any other limit, comparator or `for` fails.

Per rule: one story in time (silent, pending, firing, quiet again), and steady figures just
beyond the limit, just before it and exactly on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, localcontext

from tocsin.core.metric import Metric, Shape
from tocsin.reading.rules.exactness import exact_traffic
from tocsin.reading.rules.figures import Limit, plain
from tocsin.reading.rules.levels import Around, elsewhere, inside, levels, outside
from tocsin.reading.rules.samples import (
    TRAFFIC,
    Series,
    Stretch,
    at_cap,
    samples,
    window_steps,
)

_DIGITS = 60  # of a counter under heavy traffic, with all its decimals
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

    around: Around
    waits: int  # samples until a pending alert fires
    step: int  # seconds

    @property
    def settled(self) -> int:
        """The sample at which anything steady has long been what it is."""
        return self.around.window + self.waits + 2


def prove(metric: Metric, limit: Limit, lasting: timedelta | None, step: int) -> list[Proof]:
    """Return the unit tests of a rule.

    Args:
        metric: What the rule is about.
        limit: Its threshold; `objection_to` has none to it.
        lasting: Its `for`, a multiple of `step`.
        step: Seconds from one sample and one evaluation to the next.

    Raises:
        Invalid: No series can be thought of for the metric.
    """
    waits = round(lasting.total_seconds()) // step if lasting else 0
    around = Around(metric=metric, limit=limit, window=window_steps(metric, step))
    case = _Case(around=around, waits=waits, step=step)
    with localcontext(prec=_DIGITS):
        return [_story(case), *_steady(case)]


def step_for(lengths: Sequence[timedelta]) -> int:
    """Return the seconds between samples that all these lengths are multiples of; 60 at most."""
    return math.gcd(60, *(round(length.total_seconds()) for length in lengths))


def _story(case: _Case) -> Proof:
    """Return the test that goes through all states in time."""
    calm, hot = levels(case.around)
    begins_hot = case.around.window > 0 and calm is None
    before = 0 if begins_hot else case.settled
    during = case.waits + 3
    holds = before or 1  # a rate needs a second sample
    over = before + during
    quiet = elsewhere(case.around, hot) if calm is None else calm
    stretches = [
        *([] if begins_hot else [Stretch(figure=quiet, steps=before)]),
        Stretch(figure=hot, steps=during, weight=_HEAVY),
        Stretch(figure=quiet, steps=case.around.window + 3, weight=_HEAVY * _HEAVY),
    ]
    moments = [(holds - 1, "silent"), (holds + case.waits, "firing")]
    moments += [(over + case.around.window + 1, "silent")]
    if case.waits:
        moments += [(holds, "pending"), (holds + case.waits - 1, "pending")]
    return _proof(case, "in time", samples(case.around.metric, stretches, case.step), moments)


def _steady(case: _Case) -> Iterator[Proof]:
    """Yield the tests at figures that stay."""
    for figure in inside(case.around):
        yield _steadily(case, figure, "just beyond", "firing", TRAFFIC)
    for figure in outside(case.around):
        yield _steadily(case, figure, "just before", "silent", TRAFFIC)
    on_it = "silent" if case.around.limit.comparator in ("<", ">") else "firing"
    for figure in dict.fromkeys((case.around.limit.low, case.around.limit.high)):
        traffic = exact_traffic(case.around.metric, figure, case.step)
        if traffic is not None:
            yield _steadily(case, figure, "exactly on", on_it, traffic)


def _steadily(case: _Case, figure: Decimal, where: str, state: str, traffic: Decimal) -> Proof:
    steps = case.settled + 1
    if case.around.metric.shape is Shape.QUANTILE and where == "exactly on":
        series = at_cap(case.around.metric, figure, steps)
    else:
        series = samples(
            case.around.metric, [Stretch(figure=figure, steps=steps)], case.step, traffic
        )
    return _proof(case, f"{where} the limit, at {plain(figure)}", series, [(case.settled, state)])


def _proof(case: _Case, name: str, series: list[Series], moments: list[tuple[int, str]]) -> Proof:
    expected = tuple(
        Expectation(after=sample * case.step, state=state) for sample, state in sorted(set(moments))
    )
    return Proof(name=name, series=tuple(series), expected=expected)
