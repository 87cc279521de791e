"""Which metric a threshold means: by its words, the workspace's own bindings first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tocsin.core.metric import Metric, Shape
from tocsin.core.runbook import Playbook, Threshold
from tocsin.reading.rules.catalogue import CATALOGUE
from tocsin.reading.rules.figures import Limit, limit_of
from tocsin.reading.rules.words import is_called, is_hinted, says_nothing, words_of

_PERCENTILE = re.compile(
    r"\bp(?!100\b)(?P<p>\d{2,4})\b|\b(?P<th>\d{2}(?:\.\d+)?)(?:th|st|nd|rd)?[- ]percentile"
)
_MEDIAN = re.compile(r"\bmedian\b|\bp50\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A threshold with the metric it is about, and its limit in that metric's unit."""

    metric: Metric
    limit: Limit
    own: bool  # the workspace says so; else it comes from the catalogue
    notes: tuple[str, ...] = ()  # what was assumed


def bind(
    threshold: Threshold, playbook: Playbook, written: str, own: Sequence[Metric]
) -> Binding | None:
    """Return the binding of a threshold, or None where no metric is known by its words.

    Args:
        threshold: What the runbook demands.
        playbook: The one it belongs to: its heading and alerts say what the phrase leaves out.
        written: The line of the document that states it.
        own: The workspace's metrics. They may name words of heading and alerts, too.
    """
    found = [
        _binding(metric, limit, is_own, written)
        for metric, is_own in _candidates(threshold, playbook, own)
        if (limit := limit_of(threshold, metric)) is not None
        and (not metric.suits or limit.comparator in metric.suits.split())
    ]
    certain = (binding for binding in found if binding.own or not binding.limit.assumed)
    return next(certain, found[0] if found else None)


def _candidates(
    threshold: Threshold, playbook: Playbook, own: Sequence[Metric]
) -> Iterator[tuple[Metric, bool]]:
    """Yield the metrics called by these words, the likeliest first; True for the workspace's."""
    phrase = words_of(threshold.metric)
    around = words_of(playbook.heading, *playbook.alerts)
    yield from ((metric, True) for metric in own if is_called(metric, phrase | around))
    yield from ((metric, False) for metric in CATALOGUE if is_called(metric, phrase))
    for metric in CATALOGUE:
        hinted = says_nothing(phrase) or is_hinted(metric, phrase)
        if hinted and is_called(metric, phrase | around):
            yield metric, False


def _binding(metric: Metric, limit: Limit, own: bool, written: str) -> Binding:
    notes = [limit.assumed] if limit.assumed else []
    if metric.shape is Shape.QUANTILE and metric.quantile is None:
        stated = _quantile_in(written.lower())
        if stated is None:
            notes.append("No quantile is stated; the 95th percentile is taken.")
        metric = replace(metric, quantile=stated or 0.95)
    return Binding(metric=metric, limit=limit, own=own, notes=tuple(notes))


def _quantile_in(text: str) -> float | None:
    """Return the quantile named in the text: 0.999 for `p999` as for `99.9th percentile`."""
    found = _PERCENTILE.search(text)
    if found is None:
        return 0.5 if _MEDIAN.search(text) else None
    digits = found["p"] or found["th"].replace(".", "")
    quantile = float(f"0.{digits}")
    return quantile if 0 < quantile < 1 else None
