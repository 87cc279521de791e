"""Alerting rules that a document quotes: they name the alert, its limit and how bad it is."""

from __future__ import annotations

import re
from dataclasses import replace

import promql_parser

from tocsin.core.runbook import Threshold
from tocsin.reading.alert_rules import AlertRule, duration_of, read_alert_rules
from tocsin.reading.lined_yaml import Unreadable, documents_in
from tocsin.reading.outline import Kind, Part

_LABELS = frozenset({"", "yaml", "yml", "prometheus", "promql"})
_RULE = re.compile(r"^[ \t]*(?:-[ \t]+)?alert:[ \t]*\S", re.MULTILINE)
_LISTED = re.compile(r"^alerts:[ \t]*\n[ \t]*-[ \t]+name:[ \t]*\S", re.MULTILINE)
_CONDITION = re.compile(r"\s*(?:-\s+)?(?:expr|condition):")
_COMPARES = frozenset({">", ">=", "<", "<=", "==", "!="})


def holds_rules(part: Part) -> bool:
    """Return whether a part is a block of alerting rules."""
    if part.kind is not Kind.FENCE:
        return False
    if not (_RULE.search(part.text) or _LISTED.search(part.text)):
        return False
    return (part.label.split() or [""])[0].lower() in _LABELS


def rules_of(part: Part) -> list[AlertRule]:
    """Return the alerting rules of a block, each at its line of the document."""
    if not holds_rules(part):
        return []
    rules = read_alert_rules("", part.text).rules or _listed(part.text)
    return [replace(rule, line=part.line + rule.line) for rule in rules]


def _listed(text: str) -> list[AlertRule]:
    """Return alerts as a plain list has them: each with a name, a condition, a severity."""
    try:
        lists = [document.get("alerts") for document in documents_in(text)]
    except Unreadable:
        return []
    return [
        AlertRule(
            alert=item.text_of("name"),
            line=(item.get("name") or item).line,
            expr=item.text_of("condition"),
            lasting=duration_of(item.text_of("for") or item.text_of("duration")),
            labels={"severity": item.text_of("severity")},
        )
        for alerts in lists
        for item in (alerts.items if alerts else ())
        if item.text_of("name")
    ]


def limit_of(rule: AlertRule, part: Part) -> Threshold | None:
    """Return what a rule compares with a figure, at the line of its expression."""
    try:
        query = promql_parser.parse(rule.expr)
    except ValueError:
        return None
    while isinstance(query, promql_parser.ParenExpr):
        query = query.expr
    if not isinstance(query, promql_parser.BinaryExpr) or str(query.op) not in _COMPARES:
        return None
    if not isinstance(query.rhs, promql_parser.NumberLiteral):
        return None
    return Threshold(
        line=_line_of(rule, part),
        metric=_metric(rule.expr, str(query.op)),
        comparator=str(query.op),
        value=query.rhs.val,
        unit="",
        lasting=rule.lasting or None,
    )


def _metric(expr: str, comparator: str) -> str:
    """Return what stands left of the last comparison, on one line."""
    metric = " ".join(expr[: expr.rfind(comparator)].split())
    for _ in range(metric.count("(") - metric.count(")")):
        metric = metric.replace("(", "", 1)
    return metric


def _line_of(rule: AlertRule, part: Part) -> int:
    """Return the line of the rule's expression, or of its name where that is not found."""
    lines = part.text.split("\n")
    for number in range(rule.line, part.end):
        if _CONDITION.match(lines[number - part.line - 1]):
            return number
    return rule.line
