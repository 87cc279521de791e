"""How a threshold is said: in an overview, in a plan, in the annotations of a rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tocsin.core.runbook import Threshold
from tocsin.core.times import write_duration

_UNITS = {"state": "", "count": "", "1/s": "/s"}  # those that are said in another way
_SIGNS = {"==": "is"}


def in_words(threshold: Threshold, *, duration: Callable[[timedelta], str] = write_duration) -> str:
    """Return the threshold as one reads it: `error rate > 5% for 5m`.

    Args:
        threshold: What to say.
        duration: How its time is written.
    """
    value = threshold.value
    told = value if isinstance(value, tuple) else (value,)
    shown = " and ".join(each if isinstance(each, str) else f"{each:g}" for each in told)
    unit = _UNITS.get(threshold.unit, threshold.unit)
    gap = " " if unit[:1].isalpha() else ""
    sign = _SIGNS.get(threshold.comparator, threshold.comparator)
    lasting = f" for {duration(threshold.lasting)}" if threshold.lasting else ""
    return f"{threshold.metric} {sign} {shown}{gap}{unit}{lasting}"
