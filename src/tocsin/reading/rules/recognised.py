"""A metric seen in somebody else's PromQL, so that their rule can be proved, too.

The guess may be rough: it is believed only if writing it down again gives the same expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import promql_parser

from tocsin.core.metric import Aggregate, Metric, Shape, Unit
from tocsin.reading.rules.bind import Binding
from tocsin.reading.rules.caveats import objection_to
from tocsin.reading.rules.expressions import figure_of
from tocsin.reading.rules.figures import Limit

_COMPARATORS = ("==", ">", "<", ">=", "<=")
_COUNTERS = {"rate": (Shape.RATE, Unit.PER_SECOND), "increase": (Shape.INCREASE, Unit.COUNT)}
_KEPT = re.compile(r"\bby \(([^()]*)\)")


def is_promql(expr: str) -> bool:
    """Return whether the expression can be parsed."""
    try:
        promql_parser.parse(expr)
    except ValueError:
        return False
    return True


def recognised(expr: str) -> Binding | None:
    """Return the metric and the limit of an expression that compares one figure with a number."""
    compared = _bare(promql_parser.parse(expr))
    if not isinstance(compared, promql_parser.BinaryExpr) or compared.modifier is not None:
        return None
    figure, number, sign = _bare(compared.lhs), _bare(compared.rhs), str(compared.op)
    if sign not in _COMPARATORS or not isinstance(number, promql_parser.NumberLiteral):
        return None
    value = Decimal(repr(number.val))
    limit = Limit(comparator=sign, low=value, high=value)
    for metric in _metrics(figure):
        told = metric if value <= 1 or metric.shape is Shape.SHARE else _not_a_ratio(metric)
        same = _normal(promql_parser.parse(figure_of(told))) == _normal(figure)
        if same and objection_to(told, limit) is None:
            return Binding(metric=told, limit=limit, own=False)
    return None


def _not_a_ratio(metric: Metric) -> Metric:
    return replace(metric, unit=Unit.COUNT) if metric.unit is Unit.RATIO else metric


def _normal(figure: Any) -> str:
    """Return the figure as the parser writes it, labels that are kept in one order."""
    return _KEPT.sub(lambda found: f"by ({sorted(found[1].split(', '))})", str(figure))


def _metrics(figure: Any) -> Iterator[Metric]:
    """Yield the metrics that the figure may be."""
    simple = _simple(figure)
    if simple is not None:
        yield simple
    elif isinstance(figure, promql_parser.BinaryExpr):
        yield from _of_two(figure, _bare(figure.lhs), _bare(figure.rhs))
    elif _is_call(figure, "histogram_quantile"):
        yield from _quantile(figure)


def _of_two(figure: Any, left: Any, right: Any) -> Iterator[Metric]:
    part, whole = _simple(left), _simple(right)
    if str(figure.op) == "/" and part is not None and whole is not None:
        shape = Shape.SHARE if part.shape is Shape.RATE else Shape.FRACTION
        yield replace(part, shape=shape, unit=Unit.RATIO, whole=(whole.series,))
    elif str(figure.op) != "-":
        return
    elif isinstance(left, promql_parser.NumberLiteral):
        yield from (replace(metric, complement=True, unit=Unit.RATIO) for metric in _metrics(right))
    elif part is not None and _is_call(right, "time"):
        yield replace(part, shape=Shape.UNTIL, unit=Unit.SECONDS)
    elif whole is not None and _is_call(left, "time"):
        yield replace(whole, shape=Shape.SINCE, unit=Unit.SECONDS)


def _quantile(figure: Any) -> Iterator[Metric]:
    quantile, buckets = figure.args
    rate = _simple(_bare(buckets))
    if isinstance(quantile, promql_parser.NumberLiteral) and rate is not None and rate.by:
        kept = tuple(label for label in rate.by if label != "le")
        yield replace(rate, shape=Shape.QUANTILE, unit=Unit.SECONDS, quantile=quantile.val, by=kept)


def _simple(figure: Any) -> Metric | None:
    """Return the metric of one selector, perhaps its rate, perhaps taken together."""
    if isinstance(figure, promql_parser.AggregateExpr):
        inner = _simple(_bare(figure.expr))
        known = str(figure.op) in tuple(Aggregate)
        kept = tuple(figure.modifier.labels) if figure.modifier else ()
        if inner is None or not known:
            return None
        return replace(inner, aggregate=Aggregate(str(figure.op)), by=kept)
    if isinstance(figure, promql_parser.Call) and figure.func.name in _COUNTERS:
        shape, unit = _COUNTERS[figure.func.name]
        matrix = figure.args[0]
        if isinstance(matrix, promql_parser.MatrixSelector):
            return _metric(shape, unit, matrix.vector_selector, window=matrix.range)
    if isinstance(figure, promql_parser.VectorSelector):
        return _metric(Shape.GAUGE, Unit.COUNT, figure)
    return None


def _metric(shape: Shape, unit: Unit, selector: Any, **more: Any) -> Metric | None:
    if selector.offset is not None or selector.at is not None or not selector.name:
        return None
    return Metric(name="its own", shape=shape, unit=unit, series=str(selector), **more)


def _is_call(figure: Any, name: str) -> bool:
    return isinstance(figure, promql_parser.Call) and figure.func.name == name


def _bare(expr: Any) -> Any:
    """Return the expression without parentheses around all of it."""
    while isinstance(expr, promql_parser.ParenExpr):
        expr = expr.expr
    return expr
