"""What a person should know about a rule before trusting it: when it cannot fire, or fires late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tocsin.core.metric import Metric, Shape, Unit
from tocsin.reading.rules.bind import Binding
from tocsin.reading.rules.expressions import promql_duration
from tocsin.reading.rules.figures import Limit, plain

_LARGEST = Decimal(10) ** 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """One thing to know about a rule."""

    kind: str  # never, coarse, late, absent, assumed, series, unproved
    message: str


def caveats_of(binding: Binding) -> Iterator[Caveat]:
    """Yield what there is to know about a rule with this binding."""
    metric, limit = binding.metric, binding.limit
    if metric.shape is Shape.QUANTILE and _is_above_buckets(metric, limit):
        top = f"{max(metric.buckets):g}"
        message = (
            f"The largest finite bucket is taken to be {top} s, and a quantile never comes out "
            f"above it: with such a histogram this rule can never fire. Give it larger buckets, "
            "and name them in tocsin.toml."
        )
        yield Caveat(kind="never", message=message)
    if metric.shape is Shape.QUANTILE and limit.low < Decimal(repr(min(metric.buckets))):
        first = f"{min(metric.buckets):g}"
        message = f"The smallest bucket ends at {first} s: a quantile below that is a guess."
        yield Caveat(kind="coarse", message=message)
    if metric.shape in (Shape.RATE, Shape.INCREASE, Shape.SHARE):
        window = promql_duration(metric.window)
        message = (
            f"Averaged over {window}, and a counter that appears with its first event counts "
            f"from its second sample only: it may fire up to {window} later than the runbook says."
        )
        yield Caveat(kind="late", message=message)
    if metric.unit is Unit.STATE or limit.comparator in ("<", "<="):
        message = "Silent when the series is absent, as when the exporter itself is down."
        yield Caveat(kind="absent", message=message)
    yield from (Caveat(kind="assumed", message=note) for note in binding.notes)


def objection_to(metric: Metric, limit: Limit) -> str | None:
    """Return why no rule can be made of this limit, as a sentence, or None."""
    if limit.high > _LARGEST:
        return "Nothing that is measured gets so large."
    if limit.comparator == "between" and limit.low >= limit.high:
        return "Its lower figure is not below its upper one."
    if limit.comparator == "==" and not _can_be_exact(metric):
        return f"It is hardly ever exactly {plain(limit.low)}; write above, below or between."
    if metric.unit is Unit.STATE or metric.shape is Shape.UNTIL:
        return None
    return _objection_at_zero(metric, limit) or _objection_at_all(metric, limit)


def _can_be_exact(metric: Metric) -> bool:
    return metric.shape is Shape.GAUGE and metric.unit is not Unit.SECONDS


def _objection_at_zero(metric: Metric, limit: Limit) -> str | None:
    if limit.low < 0 or (limit.low == 0 and limit.comparator == "<"):
        return "It is never below 0."
    if limit.low == 0 and limit.comparator == ">=":
        return "It is always at least 0."
    if limit.low == 0 and metric.shape is Shape.QUANTILE:
        return "No duration is 0."
    return None


def _objection_at_all(metric: Metric, limit: Limit) -> str | None:
    if metric.unit is not Unit.RATIO or limit.high < 1:
        return None
    if limit.high > 1:
        return f"A share is never more than 1, and the limit is {plain(limit.high)}."
    if limit.comparator == ">":
        return "It is never above 1."
    whole = limit.comparator == "between" and limit.low == 0
    return "It is always at most 1." if whole or limit.comparator == "<=" else None


def _is_above_buckets(metric: Metric, limit: Limit) -> bool:
    top = max(metric.buckets)
    return limit.low > top or (limit.low == top and limit.comparator == ">")
