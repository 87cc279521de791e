"""A metric: how a figure that runbooks talk about is computed from series of Prometheus.

A shape is a small closed set of ways, not any expression, because each rule that is written comes
with a unit test: what is to be proved has to be turned around, from the figure to the samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Shape(StrEnum):
    """How the figure follows from the series."""

    GAUGE = "gauge"  # the value itself
    FRACTION = "fraction"  # one gauge as a part of another
    RATE = "rate"  # of a counter, per second
    INCREASE = "increase"  # of a counter, over the window
    SHARE = "share"  # of a counter's rate in the rate of the whole
    QUANTILE = "quantile"  # of a histogram; the series ends in _bucket
    UNTIL = "until"  # seconds until the instant that a gauge holds
    SINCE = "since"  # seconds since the instant that a gauge holds


class Unit(StrEnum):
    """What the figure is counted in."""

    RATIO = "ratio"  # 0 to 1; runbooks write percent
    SECONDS = "s"
    BYTES = "bytes"
    PER_SECOND = "1/s"
    COUNT = "count"
    STATE = "state"  # one of the metric's states


class Aggregate(StrEnum):
    """How several series become one."""

    SUM = "sum"
    AVG = "avg"
    MAX = "max"
    MIN = "min"


WINDOWED = frozenset({Shape.RATE, Shape.INCREASE, Shape.SHARE, Shape.QUANTILE})
"""Shapes that look back over the metric's window."""

DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds, in seconds, of a histogram whose author chose none: the clients' own default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure: by which words it is known, and how it is computed."""

    name: str
    shape: Shape
    unit: Unit
    series: str  # a selector: `http_requests_total{status=~"5.."}`
    words: tuple[str, ...] = ()  # each must be in the phrase; `login|auth` is either
    without: str = ""  # none of these is in the phrase: `queue|lag`
    whole: tuple[str, ...] = ()  # selectors whose sum is the whole of a share or fraction
    by: tuple[str, ...] | None = None  # labels kept apart; None: every series for itself
    aggregate: Aggregate = Aggregate.SUM
    window: timedelta = timedelta(minutes=5)
    quantile: float | None = None  # None: the one that the phrase names
    buckets: tuple[float, ...] = DEFAULT_BUCKETS
    complement: bool = False  # what is left to 1
    states: Mapping[str, float] = field(default_factory=dict)  # state -> the series' value
    suits: str = ""  # the comparators it is taken for; all of them where nothing is said
