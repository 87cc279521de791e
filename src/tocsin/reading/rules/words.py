"""The words of a phrase, so that two ways of writing the same thing meet."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tocsin.core.metric import Metric

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[a-z0-9]+")
_NUMBER = re.compile(r"\d+")
_SAYS_NOTHING = frozenset(
    {
        *("rate", "value", "level", "usage", "use", "count", "number", "ratio", "total"),
        *("current", "threshold", "percentage", "percent", "high", "low", "above", "below"),
        *("over", "under", "the", "a", "an", "of", "in", "for", "per", "is", "and", "or", "at"),
        *("sec", "second", "s", "minute"),
    }
)


def words_of(*texts: str) -> frozenset[str]:
    """Return the words in the texts: lower case, singular, `HighErrorRate` in three."""
    apart = " ".join(_CAMEL.sub(" ", text) for text in texts)
    return frozenset(_singular(word) for word in _WORD.findall(apart.lower()))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def says_nothing(phrase: frozenset[str]) -> bool:
    """Return whether these words alone could mean any metric: `rate`, `usage above`."""
    return all(word in _SAYS_NOTHING or _NUMBER.fullmatch(word) for word in phrase)


def is_called(metric: Metric, phrase: frozenset[str]) -> bool:
    """Return whether the phrase has every word that the metric asks for, and none it excludes."""
    return all(_either(each, phrase) for each in metric.words) and not _either(
        metric.without, phrase
    )


def is_hinted(metric: Metric, phrase: frozenset[str]) -> bool:
    """Return whether the phrase has one of the metric's words; its heading may say the rest."""
    return any(_either(each, phrase) for each in metric.words)


def _either(alternatives: str, phrase: Iterable[str]) -> bool:
    wanted = {_singular(word) for word in alternatives.lower().split("|") if word}
    return not wanted.isdisjoint(phrase)
