"""PROM-TOPK-BY: `topk` by labels gives that many series of each group."""

from __future__ import annotations

import promql_parser

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.queries import queries_of
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    lines = [
        query.line_of(str(node.op))
        for query in queries_of(document)
        for node in query.nodes()
        if isinstance(node, promql_parser.AggregateExpr)
        and str(node.op) in ("topk", "bottomk")
        and node.modifier is not None
    ]
    message = (
        "This gives k series of every group, which is nearly all of them: sum first, then topk."
    )
    return one_hit(lines, message)


rule = Rule(
    name="PROM-TOPK-BY",
    severity=Severity.WARNING,
    summary="`topk` by labels gives that many series of each group.",
    look=_look,
)
