"""Figures around a limit: calm ones, ones well beyond it, and the nearest on either side."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tocsin.core.metric import Metric, Shape, Unit
from tocsin.reading.rules.figures import Limit

_NEAR = Decimal("0.001")  # of the limit: how close to it the nearest figures are
_FAR = Decimal("0.1")
_ENDLESS = Decimal("Infinity")
_ONE, _NOTHING = Decimal(1), Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """A metric's limit, and over how many samples the metric looks back (0: it does not)."""

    metric: Metric
    limit: Limit
    window: int

    @property
    def sign(self) -> int:
        """On which side of the limit the condition holds: 1 above, -1 below."""
        return 1 if self.limit.comparator in (">", ">=") else -1

    def room(self, figure: Decimal, sign: int) -> Decimal:
        """Return how far the figure may still go in that direction."""
        if sign > 0:
            return max(1 - figure, _NOTHING) if self.metric.unit is Unit.RATIO else _ENDLESS
        if self.metric.shape is Shape.UNTIL or self.metric.unit is Unit.STATE:
            return _ENDLESS
        least = figure * _FAR if self.metric.shape is Shape.QUANTILE else _NOTHING
        return max(figure - least, _NOTHING)  # no duration is 0

    def scale(self, figure: Decimal) -> Decimal:
        """Return what distances from the figure are measured by: its own from 0, or from all."""
        if self.metric.unit is Unit.RATIO and figure > 0:
            return min(figure, 1 - figure) or _ONE
        return abs(figure) or _ONE

    def near(self, figure: Decimal, sign: int) -> list[Decimal]:
        """Return the figure next to this one in that direction, if there is one."""
        away = min(self.scale(figure) * _NEAR, self.room(figure, sign) / 5)
        return [figure + sign * away] if away else []


def levels(around: Around) -> tuple[Decimal | None, Decimal]:
    """Return a calm figure and one so far beyond the limit that one sample of it crosses it.

    A rate climbs over its whole window, so the figure has to be the further off the longer that
    is. There is no calm figure where nothing lies beyond the limit: a rate reaches it only when
    the window holds nothing else.
    """
    limit, sign = around.limit.low, around.sign
    far = 2 * max(around.window, 1)
    if around.limit.comparator == "==":
        return elsewhere(around, limit), limit
    if around.limit.comparator == "between":
        return _levels_between(around, far)
    room = around.room(limit, sign)
    if room == 0:
        return (None if around.window else limit - sign * around.scale(limit) * _FAR), limit
    gap = min(around.scale(limit) * _FAR, room / far)
    return limit - sign * min(gap, around.room(limit, -sign)), limit + sign * gap * far


def _levels_between(around: Around, far: int) -> tuple[Decimal, Decimal]:
    low, high = around.limit.low, around.limit.high
    gap = (high - low) / 2 / far
    below = min(gap, around.room(low, -1))
    calm = low - below if below else high + min(gap, around.room(high, 1))
    return calm, (low + high) / 2


def elsewhere(around: Around, figure: Decimal) -> Decimal:
    """Return a figure at which the condition does not hold."""
    if around.metric.unit is Unit.STATE:
        return _ONE - figure if figure in (0, 1) else figure + 1
    away = around.scale(figure) / 2
    return figure + away if around.room(figure, -1) == 0 else figure - away


def inside(around: Around) -> list[Decimal]:
    """Return figures just beyond the limit; the limit itself where nothing lies beyond it."""
    low, high = around.limit.low, around.limit.high
    if around.limit.comparator == "==":
        return []
    if around.limit.comparator == "between":
        near = min((high - low) / 4, around.scale(low) * _NEAR)
        return [low + near, high - near]
    return around.near(low, around.sign) or [low]


def outside(around: Around) -> list[Decimal]:
    """Return figures just before the limit; none where there is nothing before it."""
    low, high = around.limit.low, around.limit.high
    if around.limit.comparator in ("between", "=="):
        return [*around.near(low, -1), *around.near(high, 1)]
    return around.near(low, -around.sign)
