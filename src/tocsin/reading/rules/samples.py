"""Samples that make a metric take a wanted figure: a shape turned around.

Figures are exact decimals, because a test that stands exactly on the limit is what tells `>`
from `>=`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from tocsin.core.errors import Invalid
from tocsin.core.metric import WINDOWED, Metric, Shape
from tocsin.reading.rules.figures import plain
from tocsin.reading.rules.selectors import Selector, selector_of, written

TRAFFIC = Decimal(1000)  # per sample
_ASIDE = Decimal("0.05")  # of a figure: how far a bucket has to end from it
_FINE = Decimal("1e-12")
_HARDLY = Decimal("1e-9")  # of what a counter has reached: rounding must not let it fall


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some samples in a row at which the metric has one figure."""

    figure: Decimal
    steps: int  # how many samples
    weight: int = 1  # of a histogram: how much traffic, compared to others


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One input series in the notation of promtool's unit tests."""

    series: str
    values: str


def samples(
    metric: Metric, stretches: Sequence[Stretch], step: int, traffic: Decimal = TRAFFIC
) -> list[Series]:
    """Return series from which the metric takes the figures of the stretches, one after another.

    Args:
        metric: A quantile has its quantile.
        stretches: At least one, each of at least one sample.
        step: Seconds from one sample to the next.
        traffic: Per sample, of what a share is taken from.

    Raises:
        Invalid: `rules.series`, `rules.example`: no such series can be thought of.
    """
    if metric.shape is Shape.SHARE:
        return _shares(metric, stretches, traffic)
    return _WAYS[metric.shape](metric, stretches, step)


def result_labels(metric: Metric) -> dict[str, str]:
    """Return the labels of what the metric's expression yields for these samples."""
    labels = _labels(metric)
    if metric.shape is Shape.QUANTILE and metric.by is None:
        return {}
    kept = labels if metric.by is None else metric.by
    return {name: labels[name] for name in kept if name in labels}


def _labels(metric: Metric) -> dict[str, str]:
    """Return the labels of the example series; those kept apart are always there."""
    selector = selector_of(metric.series)
    missing = {name: "example" for name in metric.by or ()}
    labels = {**missing, **selector.example()}
    if not selector.selects(selector.name, labels):
        raise Invalid("rules.example", f"No example of {metric.series!r} was found.")
    return {name: value for name, value in labels.items() if value}  # an empty one is none


def _gauges(metric: Metric, stretches: Sequence[Stretch], step: int) -> list[Series]:
    del step  # a gauge does not mind
    figures = [(stretch.figure, stretch.steps) for stretch in stretches]
    return [_series(metric.series, _labels(metric), _level(figures))]


def _fractions(metric: Metric, stretches: Sequence[Stretch], step: int) -> list[Series]:
    """Return a part and a whole of 1."""
    del step
    labels = _labels(metric)
    parts = [(_part(metric, stretch.figure), stretch.steps) for stretch in stretches]
    first, *others = (selector_of(series) for series in metric.whole)
    beside = {**labels, **first.example()}
    _must_meet(metric, labels, beside)
    steps = sum(stretch.steps for stretch in stretches)
    one = Series(series=written(first.name, beside), values=f"1+0x{steps - 1}")
    none = [Series(series=written(each.name, beside), values=f"0+0x{steps - 1}") for each in others]
    return [_series(metric.series, labels, _level(parts)), one, *none]


def _part(metric: Metric, figure: Decimal) -> Decimal:
    """Return what the series shows at that figure: a complement measures the rest."""
    return 1 - figure if metric.complement else figure


def _must_meet(metric: Metric, part: Mapping[str, str], whole: Mapping[str, str]) -> None:
    """Refuse series of which Prometheus would not divide one by the other."""
    kept = set(metric.by) if metric.by is not None else {*part, *whole}
    if any(part.get(name) != whole.get(name) for name in kept):
        raise Invalid(
            "rules.example",
            f"No examples of {metric.series!r} and {metric.whole[0]!r} go together.",
        )


def _instants(metric: Metric, stretches: Sequence[Stretch], step: int) -> list[Series]:
    """Return an instant that moves along with the clock, so that its distance stays."""
    ahead = 1 if metric.shape is Shape.UNTIL else -1
    pieces, sample = [], 0
    for stretch in stretches:
        start = stretch.figure * ahead + sample * step
        pieces.append(f"{plain(start)}+{step}x{stretch.steps - 1}")
        sample += stretch.steps
    return [_series(metric.series, _labels(metric), " ".join(pieces))]


def _counters(metric: Metric, stretches: Sequence[Stretch], step: int) -> list[Series]:
    """Return a counter whose slope is the figure."""
    per_step = Decimal(step)
    if metric.shape is Shape.INCREASE:
        per_step = Decimal(step) / Decimal(int(metric.window.total_seconds()))
    slopes = [(_part(metric, each.figure) * per_step, each.steps) for each in stretches]
    return [_series(metric.series, _labels(metric), _climb(slopes))]


def _shares(metric: Metric, stretches: Sequence[Stretch], traffic: Decimal) -> list[Series]:
    """Return a part of steady traffic, and what is missing to the whole."""
    labels = _labels(metric)
    part = selector_of(metric.series)
    parts = [(_part(metric, each.figure) * traffic, each.steps) for each in stretches]
    rests = [(traffic - slope, steps) for slope, steps in parts]
    name, rest_labels, is_rest = _rest(metric, part, labels)
    _must_meet(metric, labels, rest_labels)
    slopes = rests if is_rest else [(traffic, steps) for _, steps in rests]
    rest = Series(series=written(name, rest_labels), values=_climb(slopes))
    steps = sum(stretch.steps for stretch in stretches)
    idle = [
        Series(series=written(each.name, labels), values=f"0+0x{steps - 1}")
        for each in map(selector_of, metric.whole)
        if each.name not in (name, part.name)
    ]
    return [_series(metric.series, labels, _climb(parts)), rest, *idle]


def _rest(
    metric: Metric, part: Selector, labels: Mapping[str, str]
) -> tuple[str, Mapping[str, str], bool]:
    """Return a second series of the whole; True if it only makes up what the part leaves."""
    wholes = [selector_of(series) for series in metric.whole]
    counted = any(whole.selects(part.name, labels) for whole in wholes)
    for whole in wholes:
        found = whole.other(labels, part)
        if found is not None:
            return whole.name, found, counted
    raise Invalid("rules.example", f"Nothing of {metric.whole!r} is not in {metric.series!r}.")


def _histogram(metric: Metric, stretches: Sequence[Stretch], step: int) -> list[Series]:
    """Return buckets of which the quantile is the figure."""
    del step
    bounds = _bounds(metric, [stretch.figure for stretch in stretches])
    labels = _labels(metric)
    found = []
    for place, bound in enumerate([*bounds, None]):
        slopes = [
            (_below(metric, bounds, each.figure)[place] * TRAFFIC * each.weight, each.steps)
            for each in stretches
        ]
        le = "+Inf" if bound is None else plain(bound)
        found.append(_series(metric.series, {**labels, "le": le}, _climb(slopes)))
    return found


def _bounds(metric: Metric, figures: Sequence[Decimal]) -> list[Decimal]:
    """Return buckets that have the figures well inside them: the metric's, and some at the ends.

    On a bound a quantile is at the mercy of rounding, and without a bucket below a figure it
    cannot come down to it.
    """
    known = [
        bound
        for bound in map(Decimal, map(repr, sorted(metric.buckets)))
        if all(abs(bound - figure) > figure * _ASIDE for figure in figures)
    ]
    known = [min([min(figures), *known]) / 2, *known, max([max(figures), *known]) * 2]
    needed = set()
    for figure in figures:
        place = next(place for place, bound in enumerate(known) if figure <= bound)
        needed |= set(known[max(place - 1, 0) : place + 1])
    return sorted(needed)


def _below(metric: Metric, bounds: Sequence[Decimal], figure: Decimal) -> list[Decimal]:
    """Return which part of the traffic is below each bound, and all of it at the end."""
    quantile = Decimal(repr(metric.quantile))
    place = next(place for place, bound in enumerate(bounds) if figure <= bound)
    low = bounds[place - 1] if place else Decimal(0)
    into = (figure - low) / (bounds[place] - low)
    if into < quantile:
        under, over = (quantile - into) / (1 - into), Decimal(1)
    else:
        under, over = Decimal(0), quantile / into
    parts = [under] * place + [over] * (len(bounds) - place) + [Decimal(1)]
    return [part.quantize(_FINE, ROUND_HALF_EVEN) for part in parts]


def at_cap(metric: Metric, bound: Decimal, steps: int) -> list[Series]:
    """Return a histogram whose quantile is exactly `bound`: all lies above its last bucket."""
    labels = _labels(metric)
    return [
        _series(metric.series, {**labels, "le": plain(bound)}, f"0+0x{steps - 1}"),
        _series(metric.series, {**labels, "le": "+Inf"}, f"0+{TRAFFIC}x{steps - 1}"),
    ]


_WAYS = {
    Shape.GAUGE: _gauges,
    Shape.FRACTION: _fractions,
    Shape.RATE: _counters,
    Shape.INCREASE: _counters,
    Shape.QUANTILE: _histogram,
    Shape.UNTIL: _instants,
    Shape.SINCE: _instants,
}


def _series(selector: str, labels: Mapping[str, str], values: str) -> Series:
    return Series(series=written(selector_of(selector).name, labels), values=values)


def _level(figures: Sequence[tuple[Decimal, int]]) -> str:
    return " ".join(f"{plain(figure)}+0x{steps - 1}" for figure, steps in figures)


def _climb(slopes: Sequence[tuple[Decimal, int]]) -> str:
    """Return a counter that climbs by each slope for so many samples; the first sample is 0."""
    pieces, reached = [], Decimal(0)
    for number, (exact, steps) in enumerate(slopes):
        slope = max(exact, Decimal(0)).quantize(_FINE, ROUND_HALF_EVEN)
        start = reached + (slope or reached * _HARDLY) if number else reached
        pieces.append(f"{plain(start)}+{plain(slope)}x{steps - 1}")
        reached = start + slope * (steps - 1)
    return " ".join(pieces)


def window_steps(metric: Metric, step: int) -> int:
    """Return over how many samples the metric looks back; 0 where it does not."""
    if metric.shape not in WINDOWED:
        return 0
    return max(int(metric.window.total_seconds()) // step, 1)
