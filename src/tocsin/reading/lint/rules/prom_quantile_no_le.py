"""PROM-QUANTILE-NO-LE: a quantile of each series, not of all of them."""

from __future__ import annotations

import promql_parser

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.queries import is_call, queries_of
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    lines = [
        query.line_of("histogram_quantile")
        for query in queries_of(document)
        for node in query.nodes()
        if is_call(node, "histogram_quantile") and any(map(_is_bare_rate, node.args))
    ]
    message = "This is one quantile per series: sum the buckets first, `sum by (le) (rate(…))`."
    return one_hit(lines, message)


def _is_bare_rate(node: object) -> bool:
    return (
        isinstance(node, promql_parser.Call)
        and node.func.name in ("rate", "irate", "increase")
        and "_bucket" in str(node)
    )


rule = Rule(
    name="PROM-QUANTILE-NO-LE",
    severity=Severity.WARNING,
    summary="A quantile of each series, not of all of them.",
    look=_look,
)
