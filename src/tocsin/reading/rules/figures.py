"""Figures as exact decimals: from the unit a runbook writes to the unit a metric has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

from tocsin.core.metric import Metric, Shape, Unit
from tocsin.core.runbook import Threshold

_DAY = 86400
_TIMES = {
    "ns": Decimal("1e-9"), "us": Decimal("1e-6"), "ms": Decimal("0.001"),
    "millisecond": Decimal("0.001"), "s": Decimal(1), "sec": Decimal(1), "second": Decimal(1),
    "m": Decimal(60), "min": Decimal(60), "minute": Decimal(60), "h": Decimal(3600),
    "hr": Decimal(3600), "hour": Decimal(3600), "d": Decimal(_DAY), "day": Decimal(_DAY),
    "week": Decimal(7 * _DAY),
}  # fmt: skip
_SIZES = {
    "b": 1, "byte": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
_RATES = {"1/s": 1, "/s": 1, "req/s": 1, "1/min": 60, "/min": 60, "1/h": 3600, "/h": 3600}
_PER = re.compile(r"(?:\bper |/\s?)(?P<what>s|sec|second|m|min|minute|h|hour)\b")
_PER_WHAT = {"s": "1/s", "m": "1/min", "h": "1/h"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A threshold's figures in the metric's unit; both are the same but for `between`."""

    comparator: str  # > >= < <= == between
    low: Decimal
    high: Decimal
    assumed: str = ""  # what was taken for granted, as a sentence


def limit_of(threshold: Threshold, metric: Metric) -> Limit | None:
    """Return the threshold's limit in the metric's unit, or None where the units do not fit."""
    if metric.unit is Unit.STATE or isinstance(threshold.value, str):
        return _state(threshold, metric)
    told = threshold.value if isinstance(threshold.value, tuple) else (threshold.value,) * 2
    if not all(map(isfinite, told)):
        return None
    unit = _rate_in(threshold.metric) or threshold.unit.lower()
    factor, assumed = _factor(unit, metric, max(told))
    if factor is None:
        return None
    low, high = (Decimal(repr(float(value))) * factor for value in told)
    comparator = _attainable(threshold.comparator, low, metric)
    return Limit(comparator=comparator, low=low, high=high, assumed=assumed)


def _attainable(comparator: str, figure: Decimal, metric: Metric) -> str:
    """Return `exactly all` as at least all, and `exactly none` as at most none."""
    if comparator != "==" or metric.shape is Shape.GAUGE:
        return comparator
    if figure == 1 and metric.unit is Unit.RATIO:
        return ">="
    return "<=" if figure == 0 else comparator


def _rate_in(phrase: str) -> str:
    """Return the unit that a phrase like `logins per minute` gives the figure, or nothing."""
    found = _PER.search(phrase.lower())
    return _PER_WHAT[found["what"][:1]] if found else ""


def _state(threshold: Threshold, metric: Metric) -> Limit | None:
    if metric.unit is not Unit.STATE or threshold.value not in metric.states:
        return None
    value = Decimal(repr(metric.states[str(threshold.value)]))
    return Limit(comparator="==", low=value, high=value)


def _factor(unit: str, metric: Metric, largest: float) -> tuple[Decimal | None, str]:
    """Return what one of the written unit is in the metric's, and what was assumed."""
    if metric.unit is Unit.RATIO:
        return _of_ratio(unit, largest)
    if metric.unit is Unit.SECONDS:
        return _seconds(unit)
    if metric.unit is Unit.BYTES:
        size = _SIZES.get(unit)
        return (None, "") if size is None else (Decimal(size), "")
    if metric.unit is Unit.PER_SECOND:
        rate = _RATES.get(unit)
        return (None, "") if rate is None else (Decimal(1) / rate, "")
    known = unit in _TIMES or unit in _SIZES or unit in _RATES or unit in ("%", "state")
    return (None, "") if known else (Decimal(1), "")


def _of_ratio(unit: str, largest: float) -> tuple[Decimal | None, str]:
    if unit == "%":
        return Decimal("0.01"), ""
    if unit not in ("", "ratio"):
        return None, ""
    if largest <= 1:
        return Decimal(1), ""
    return Decimal("0.01"), "No unit is written; taken for percent."


def _seconds(unit: str) -> tuple[Decimal | None, str]:
    if not unit:
        return Decimal(1), "No unit is written; taken for seconds."
    return _TIMES.get(unit) or _TIMES.get(unit.removesuffix("s")), ""


def plain(number: Decimal) -> str:
    """Return the number as PromQL has it, without an exponent or a trailing zero."""
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def readable(number: Decimal, unit: Unit) -> str:
    """Return the number as a person would put it into an expression: days as `30 * 86400`."""
    days = number / _DAY
    if unit is Unit.SECONDS and days >= 1 and days == days.to_integral_value():
        return f"{plain(days)} * {_DAY}"
    return plain(number)
