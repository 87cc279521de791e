"""SEM-THRESHOLD-CONFLICT: two figures for the same thing that do not agree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.core.runbook import Playbook, Threshold
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit, together

_FIGURE = re.compile(
    r"(?P<metric>error rate|latency|response time|cpu|memory|disk)\b[^.%\d]{0,12}(?P<sign>[<>]=?)"
    r"\s*(?P<value>\d+(?:\.\d+)?)\s*%",
    re.IGNORECASE,
)
_USED = re.compile(
    r"(?<![-–.\d])(?P<value>\d+(?:\.\d+)?)\s*%\s*(?:usage|used|full|utili[sz]ation)", re.IGNORECASE
)
_FREE = re.compile(r"\bfree\b|\bavailable\b|\bspace\b|\bleft\b", re.IGNORECASE)


def _look(document: Document) -> Iterator[Hit]:
    for playbook in document.runbook.playbooks:
        for threshold in playbook.thresholds:
            yield from _against_levels(document, playbook, threshold)
            yield from _used_and_free(document, playbook, threshold)


def _against_levels(document: Document, playbook: Playbook, threshold: Threshold) -> Iterator[Hit]:
    """Return where the playbook's own level says another figure for the same metric."""
    level = document.runbook.severity(playbook.severity)
    if level is None or threshold.unit != "%" or not document.defines(level):
        return
    for number in range(level.line, document.level_end(level) + 1):
        figure = _FIGURE.search(document.mended_lines[number - 1])
        same = figure is not None and figure["metric"].lower() in threshold.metric.lower()
        if figure and same and float(figure["value"]) not in _start_of(threshold):
            message = f"{level.id} begins at {figure['value']} %, this playbook elsewhere."
            yield Hit(lines=together([threshold.line, number]), message=message)


def _start_of(threshold: Threshold) -> tuple[float, ...]:
    value = threshold.value
    if isinstance(value, tuple):
        return value[:1]
    return (value,) if isinstance(value, float) else ()


def _used_and_free(document: Document, playbook: Playbook, threshold: Threshold) -> list[Hit]:
    """Return a share that is free in one place and, with another figure, used in another."""
    low = threshold.comparator in ("<", "<=") and threshold.unit == "%"
    if not low or not isinstance(threshold.value, float) or not _FREE.search(threshold.metric):
        return []
    lines = [
        number
        for number in range(playbook.line, document.end_of(playbook) + 1)
        for used in _USED.finditer(document.mended_lines[number - 1])
        if float(used["value"]) != 100 - threshold.value and document.block_at(number) is None
    ]
    message = (
        f"Less than {threshold.value:g} % free is {100 - threshold.value:g} % used: which is it?"
    )
    hit = [threshold.line, *lines] if lines else []
    return one_hit(hit, message, severity=Severity.WARNING)


rule = Rule(
    name="SEM-THRESHOLD-CONFLICT",
    severity=Severity.ERROR,
    summary="Two figures for the same thing that do not agree.",
    look=_look,
)
