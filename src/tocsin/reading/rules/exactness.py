"""Whether a metric can be put exactly on a figure, in floating point, by any Prometheus.

`rate` multiplies and divides in an order that changed between versions, and since version 3 its
window leaves out its first instant. Where one of them would miss the figure by the last bit, no
test stands on it.
"""

from __future__ import annotations

from decimal import Decimal

from tocsin.core.metric import Metric, Shape
from tocsin.reading.rules.samples import TRAFFIC, window_steps

_MOST_TRIED = 40


def exact_traffic(metric: Metric, figure: Decimal, step: int) -> Decimal | None:
    """Return the traffic per sample at which the metric is exactly this figure, or None.

    Samples are `step` seconds apart. Metrics that are not taken from traffic get what they would
    have had anyway.
    """
    if metric.shape not in (Shape.RATE, Shape.INCREASE, Shape.SHARE):
        return TRAFFIC if _is_exact_gauge(metric, figure) else None
    for thousands in range(1, _MOST_TRIED + 1 if metric.shape is Shape.SHARE else 2):
        traffic = TRAFFIC * thousands
        if all(result == float(figure) for result in _results(metric, figure, step, traffic)):
            return traffic
    return None


def _is_exact_gauge(metric: Metric, figure: Decimal) -> bool:
    if metric.shape is Shape.QUANTILE:
        return figure > 0
    if metric.shape is Shape.FRACTION and metric.complement:
        return 1 - float(1 - figure) == float(figure)
    moves = metric.shape in (Shape.UNTIL, Shape.SINCE)
    return not moves or figure == figure.to_integral_value()


def _results(metric: Metric, figure: Decimal, step: int, traffic: Decimal) -> list[float]:
    """Return what each version of Prometheus makes of a steady counter; [nan] if it may vary."""
    part = 1 - figure if metric.complement else figure
    slope = part * (traffic if metric.shape is Shape.SHARE else step)
    seconds = int(metric.window.total_seconds())
    if metric.shape is Shape.INCREASE:
        slope /= seconds
    if slope != slope.to_integral_value() or seconds % step or seconds < 2 * step:
        return [float("nan")]
    found = _rates(slope, metric, step)
    if metric.shape is Shape.SHARE:
        wholes, rests = _rates(traffic, metric, step), _rates(traffic - slope, metric, step)
        found = [own / whole for own, whole in zip(found, wholes, strict=True)] + [
            own / (own + rest) for own, rest in zip(found, rests, strict=True)
        ]
    return [1 - each for each in found] if metric.complement else found


def _rates(slope: Decimal, metric: Metric, step: int) -> list[float]:
    """Return the rate of a counter that climbs by `slope` with each sample, in four versions."""
    steps = window_steps(metric, step)
    seconds = 1.0 if metric.shape is Shape.INCREASE else float(steps * step)
    closed, opened = float(slope * steps), float(slope * (steps - 1))
    stretched = steps * step / ((steps - 1) * step)
    return [
        closed * 1.0 / seconds,
        closed * (1.0 / seconds),
        opened * stretched / seconds,
        opened * (stretched / seconds),
    ]
