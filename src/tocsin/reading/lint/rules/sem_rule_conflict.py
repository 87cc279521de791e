"""SEM-RULE-CONFLICT: the runbook and the rule of Prometheus give two figures for one alert."""

from __future__ import annotations

from collections.abc import Iterator

import promql_parser

from tocsin.core.runbook import Playbook, Threshold
from tocsin.core.times import write_duration
from tocsin.reading.alert_rules import AlertRule
from tocsin.reading.lint.library import Library
from tocsin.reading.lint.rule import Hit, Rule, Severity

_FACTORS = (1.0, 100.0, 1000.0, 0.001)  # of shares and percent, seconds and milliseconds
_COMPARES = (">", "<", ">=", "<=", "==")


def _across(library: Library) -> Iterator[Hit]:
    known = {one.alert: one for rule_file in library.rule_files for one in rule_file.rules}
    for document, playbook in library.playbooks():
        for alert in playbook.alerts:
            if alert in known and len(playbook.alerts) == 1:
                for line, message in _conflicts(playbook, known[alert]):
                    yield Hit(file=document.file, lines=(line,), message=message)


def _conflicts(playbook: Playbook, written: AlertRule) -> Iterator[tuple[int, str]]:
    if len(playbook.thresholds) != 1:
        return
    (threshold,) = playbook.thresholds
    if threshold.lasting and written.lasting and threshold.lasting != written.lasting:
        told, real = write_duration(threshold.lasting), write_duration(written.lasting)
        yield threshold.line, f"{written.alert} fires after {real}, this says {told}."
    figure = _figure(written.expr)
    if figure is not None and not _same(threshold, figure):
        yield threshold.line, f"{written.alert} fires at {figure:g}, this says otherwise."


def _figure(expr: str) -> float | None:
    """Return the number that the whole expression is compared with."""
    try:
        tree = promql_parser.parse(expr)
    except ValueError:
        return None
    if not isinstance(tree, promql_parser.BinaryExpr) or str(tree.op) not in _COMPARES:
        return None
    right = tree.rhs
    return float(right.val) if isinstance(right, promql_parser.NumberLiteral) else None


def _same(threshold: Threshold, figure: float) -> bool:
    value = threshold.value
    if not isinstance(value, float):
        return True
    return any(abs(value - figure * factor) <= 1e-9 * max(1.0, value) for factor in _FACTORS)


rule = Rule(
    name="SEM-RULE-CONFLICT",
    severity=Severity.WARNING,
    summary="The runbook and the rule of Prometheus give two figures for one alert.",
    across=_across,
)
