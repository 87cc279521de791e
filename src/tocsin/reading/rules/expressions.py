"""PromQL for a metric and its limit."""

from __future__ import annotations

from datetime import timedelta

from tocsin.core.metric import Metric, Shape
from tocsin.reading.rules.figures import Limit, readable


def condition(metric: Metric, limit: Limit) -> str:
    """Return the expression that holds while the threshold is crossed."""
    figure = figure_of(metric)
    low, high = readable(limit.low, metric.unit), readable(limit.high, metric.unit)
    if limit.comparator == "between":
        return f"({figure} >= {low}) <= {high}"
    return f"{figure} {limit.comparator} {low}"


def figure_of(metric: Metric) -> str:
    """Return the expression of the figure itself."""
    figure = _WAYS[metric.shape](metric)
    return f"1 - {figure}" if metric.complement else figure


def _gauge(metric: Metric) -> str:
    return _together(metric, metric.series)


def _fraction(metric: Metric) -> str:
    whole = _sum_of([_together(metric, series) for series in metric.whole])
    return f"{_together(metric, metric.series)} / {whole}"


def _rate(metric: Metric) -> str:
    return _together(metric, f"rate({metric.series}[{promql_duration(metric.window)}])")


def _increase(metric: Metric) -> str:
    return _together(metric, f"increase({metric.series}[{promql_duration(metric.window)}])")


def _share(metric: Metric) -> str:
    window = promql_duration(metric.window)
    part, *wholes = (
        _together(metric, f"rate({series}[{window}])") for series in (metric.series, *metric.whole)
    )
    return f"{part} / {_sum_of(wholes)}"


def _quantile(metric: Metric) -> str:
    rate = f"rate({metric.series}[{promql_duration(metric.window)}])"
    kept = ", ".join((*(metric.by or ()), "le"))
    return f"histogram_quantile({metric.quantile:g}, sum by ({kept}) ({rate}))"


def _until(metric: Metric) -> str:
    return f"{_together(metric, metric.series)} - time()"


def _since(metric: Metric) -> str:
    return f"time() - {_together(metric, metric.series)}"


_WAYS = {
    Shape.GAUGE: _gauge,
    Shape.FRACTION: _fraction,
    Shape.RATE: _rate,
    Shape.INCREASE: _increase,
    Shape.SHARE: _share,
    Shape.QUANTILE: _quantile,
    Shape.UNTIL: _until,
    Shape.SINCE: _since,
}


def _together(metric: Metric, vector: str) -> str:
    """Return the vector with its series taken together, where the metric wants that."""
    if metric.by is None:
        return vector
    kept = f" by ({', '.join(metric.by)}) " if metric.by else ""
    return f"{metric.aggregate.value}{kept}({vector})"


def _sum_of(terms: list[str]) -> str:
    return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"


def promql_duration(length: timedelta) -> str:
    """Return the duration as Prometheus writes it: `5m`, `1h30m`, `90s`, `250ms`."""
    left = round(length / timedelta(milliseconds=1))
    pieces = []
    for name, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, left = divmod(left, size)
        pieces += [f"{count}{name}"] if count else []
    return "".join(pieces) or "0s"
