"""What a rule's alert is called: one name per rule, so that each can be proved by itself.

A playbook's own alert is taken where it names one. Where two thresholds share an alert, the first
keeps its name and the others say what they measure after it; all of them lead to the playbook by
their `runbook_url`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

from tocsin.core.runbook import Playbook, Threshold
from tocsin.reading.anchors import plain
from tocsin.reading.rules.bind import Binding
from tocsin.reading.rules.words import words_of

_LONGEST = 80
_ASIDE = re.compile(r"\([^()]*\)")
_PIECE = re.compile(r"[^\W_]+")
_NUMBERED = re.compile(r"^\W*\d+(?:\.\d+)*[.)]?\s+")
_COMPARED = {
    ">": "Above", ">=": "AtLeast", "<": "Below", "<=": "AtMost", "==": "Is", "between": "Between",
}  # fmt: skip
_UNITS = {"%": "Percent", "1/s": "PerSecond"}


def name_of(threshold: Threshold, playbook: Playbook, binding: Binding, taken: set[str]) -> str:
    """Return a name for the rule that is not taken yet, and take it."""
    names = _names(threshold, playbook, binding)
    name = next(name for name in names if name not in taken)
    taken.add(name)
    return name


def free_name(name: str, taken: set[str]) -> str:
    """Return the name, with a number behind it if it is taken, and take it."""
    free = next(each for each in _numbered(name) if each not in taken)
    taken.add(free)
    return free


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}{number}" for number in count(2))


def _names(threshold: Threshold, playbook: Playbook, binding: Binding) -> Iterator[str]:
    base = _own_alert(threshold, playbook, binding) or _from_heading(playbook.heading)
    yield base
    if not words_of(binding.metric.name) <= words_of(base):
        base += _camel(binding.metric.name)
        yield base
    yield from _numbered(base + _figures(threshold))


def _own_alert(threshold: Threshold, playbook: Playbook, binding: Binding) -> str:
    """Return the playbook's alert that the threshold belongs to; nothing where it names none."""
    if not playbook.alerts:
        return ""
    on_line = [
        alert
        for alert, line in zip(playbook.alerts, playbook.alert_lines, strict=False)
        if line == threshold.line
    ]
    meant = words_of(threshold.metric, binding.metric.name)
    return max(on_line or playbook.alerts, key=lambda alert: len(words_of(alert) & meant))


def _from_heading(heading: str) -> str:
    name = _camel(title_of(heading))
    return name if name[:1].isalpha() else f"Alert{name}"


def title_of(heading: str) -> str:
    """Return what the heading is about, without its number and what it adds in parentheses."""
    return _ASIDE.sub(" ", _NUMBERED.sub("", plain(heading))).strip() or plain(heading)


def _camel(text: str) -> str:
    """Return the text as one name: `slow search` as `SlowSearch`, what is upper case stays."""
    return "".join(piece[:1].upper() + piece[1:] for piece in _PIECE.findall(text))[:_LONGEST]


def _figures(threshold: Threshold) -> str:
    value = threshold.value
    told = value if isinstance(value, tuple) else (value,)
    shown = "And".join(
        _camel(each if isinstance(each, str) else f"{each:g}".replace(".", " Point "))
        for each in told
    )
    unit = _UNITS.get(threshold.unit, _camel(threshold.unit) if threshold.unit != "state" else "")
    return f"{_COMPARED.get(threshold.comparator, '')}{shown}{unit}"
