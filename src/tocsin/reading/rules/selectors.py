"""Selectors of series, and an example of a series that each selects, for the unit tests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import promql_parser

from tocsin.core.errors import Invalid

Labels = Mapping[str, str]

_REPEAT = re.compile(r"[*+?{]")
_REPEATED_GROUP = re.compile(r"\)[*+?{]")
_MOST_REPEATS = 3
_LONGEST_PATTERN = 200
_SIGNS = {
    "MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~",
}  # fmt: skip
_SOMETHING = ("example", "200", "500", "1", "")  # tried where a matcher leaves the value open


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label: `status=~"5.."`."""

    label: str
    sign: str  # = != =~ !~
    value: str

    def holds(self, value: str) -> bool:
        """Return whether a label of this value fulfils it. Regular expressions are anchored."""
        if self.sign in ("=", "!="):
            return (value == self.value) == (self.sign == "=")
        return bool(re.fullmatch(self.value, value)) == (self.sign == "=~")


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric name with its matchers."""

    name: str
    matchers: tuple[Matcher, ...]

    def selects(self, name: str, labels: Labels) -> bool:
        """Return whether a series of that name with these labels is among them."""
        return name == self.name and all(
            each.holds(labels.get(each.label, "")) for each in self.matchers
        )

    def example(self) -> dict[str, str]:
        """Return labels of a series that it selects.

        Raises:
            Invalid("rules.example"): No such value was found.
        """
        labels: dict[str, str] = {}
        for matcher in self.matchers:
            _settle(labels, matcher.label, self._on(matcher.label), self)
        return labels

    def other(self, labels: Labels, part: Selector) -> dict[str, str] | None:
        """Return labels that it selects and `part` does not: the rest of a whole, or None."""
        own = {**self.example(), **{k: v for k, v in labels.items() if not part._on(k)}}
        if not part.selects(self.name, {**labels, **own}):
            return {**labels, **own}
        for matcher in part.matchers:
            for value in _candidates(matcher.value):
                changed = {**labels, matcher.label: value}
                if self.selects(self.name, changed) and not part.selects(self.name, changed):
                    return changed
        return None

    def _on(self, label: str) -> tuple[Matcher, ...]:
        return tuple(matcher for matcher in self.matchers if matcher.label == label)


def selector_of(text: str) -> Selector:
    """Return the selector that is written so.

    Raises:
        Invalid("rules.series"): It is no selector of one metric by its name.
    """
    try:
        parsed = promql_parser.parse(text)
    except ValueError as error:
        raise Invalid("rules.series", f"{text!r} is no selector of series: {error}.") from None
    if not isinstance(parsed, promql_parser.VectorSelector) or not _is_now(parsed):
        raise Invalid(
            "rules.series",
            f"{text!r} is no selector of series.",
            hint='Write a name and conditions on its labels: http_requests{code="500"}.',
        )
    return Selector(str(parsed.name), tuple(_matcher(each) for each in parsed.matchers.matchers))


def _is_now(parsed: Any) -> bool:
    """Return whether it selects by name, at the present."""
    return bool(parsed.name) and parsed.offset is None and parsed.at is None


def _matcher(parsed: Any) -> Matcher:
    sign = _SIGNS[str(parsed.op)]
    if sign in ("=~", "!~"):
        _must_be_simple(parsed.value)
    return Matcher(parsed.name, sign, parsed.value)


def _must_be_simple(pattern: str) -> None:
    """Refuse a pattern that could take for ever: ours backtrack, those of Prometheus do not."""
    try:
        re.compile(pattern)
        repeats = len(_REPEAT.findall(pattern))
        simple = repeats <= _MOST_REPEATS and not _REPEATED_GROUP.search(pattern)
    except re.error:
        simple = False
    if not simple or len(pattern) > _LONGEST_PATTERN:
        raise Invalid(
            "rules.example", f"The pattern {pattern[:80]!r} is too involved to be tested."
        )


def _settle(
    labels: dict[str, str], label: str, matchers: Iterable[Matcher], selector: Selector
) -> None:
    """Give the label a value that all its matchers accept."""
    wanted = tuple(matchers)
    for matcher in wanted:
        for value in _candidates(matcher.value):
            if all(each.holds(value) for each in wanted):
                labels[label] = value
                return
    raise Invalid(
        "rules.example",
        f"No example of a series for {label!r} of {selector.name!r} was found.",
        hint="Bind the metric to a series with simpler conditions, or to a recording rule.",
    )


def _candidates(pattern: str) -> list[str]:
    """Return values that a matcher with this pattern might accept or refuse."""
    pieces = [pattern, *re.sub(r"[\^$()]", "", pattern).split("|")]
    for wild, plain in ((r"\.[*+]", "x"), (r"\\\.", "."), (r"\[0-9\]\+?|\\d\+?", "0")):
        pieces += [re.sub(wild, plain, piece) for piece in pieces]
    pieces += [piece.replace(".", "0") for piece in pieces]
    return [*pieces, *_SOMETHING]


def written(name: str, labels: Labels) -> str:
    """Return the series in the notation of promtool's unit tests."""
    inside = ", ".join(f"{label}={json.dumps(value)}" for label, value in sorted(labels.items()))
    return f"{name}{{{inside}}}" if inside else name
