"""Which alerts are meant: matchers on labels, written as Prometheus and Alertmanager do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tocsin.core.errors import Invalid

_WRITTEN = re.compile(r'^\s*([^\s=!~"]+)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"]*?))\s*$')
_LONGEST_PATTERN = 500


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label. A missing label counts as the empty string."""

    label: str
    operator: str  # one of = != =~ !~
    value: str

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Return whether `labels` satisfy this condition. Patterns match the whole value."""
        actual = labels.get(self.label, "")
        if self.operator in ("=", "!="):
            return (actual == self.value) == (self.operator == "=")
        return (re.fullmatch(self.value, actual) is not None) == (self.operator == "=~")

    def __str__(self) -> str:
        return f'{self.label}{self.operator}"{self.value}"'


def parse_matcher(text: str) -> Matcher:
    """Return the matcher written as `service="jobs"` or `env=~prod.*`; quotes are optional.

    Raises:
        Invalid("matcher"): It is not of that form, or its pattern does not compile.
    """
    found = _WRITTEN.match(text)
    if not found:
        raise Invalid(
            "matcher", f"{text!r} is not a matcher.", hint='Write label="value" or label=~"a|b".'
        )
    label, operator, quoted, bare = found.groups()
    value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
    if operator in ("=~", "!~"):
        _refuse_bad_pattern(text, value)
    return Matcher(label, operator, value)


def _refuse_bad_pattern(text: str, pattern: str) -> None:
    if len(pattern) > _LONGEST_PATTERN:
        raise Invalid("matcher", f"The pattern in {text[:40]!r}… is too long.")
    try:
        re.compile(pattern)
    except re.error as error:
        raise Invalid("matcher", f"The pattern in {text!r} does not compile: {error}.") from None


def all_hold(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Return whether every one of `matchers` holds; true where there are none."""
    return all(matcher.holds(labels) for matcher in matchers)
