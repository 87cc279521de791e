"""The series that a playbook's own queries use: its author knows them, and so may mean them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import promql_parser

from tocsin.core.runbook import Language, Playbook

_INSIDE = ("lhs", "rhs", "expr", "vector_selector", "param")


def series_queried(playbook: Playbook) -> tuple[str, ...]:
    """Return the selectors in the PromQL of a playbook, each once, in its order."""
    found: dict[str, None] = {}
    for step in playbook.steps:
        for statement in step.statements:
            if statement.language is Language.PROMQL:
                found |= dict.fromkeys(_selectors_in(statement.text))
    return tuple(found)


def _selectors_in(query: str) -> Iterator[str]:
    try:
        waiting: list[Any] = [promql_parser.parse(query)]
    except ValueError:
        return
    while waiting:
        expr = waiting.pop()
        if isinstance(expr, promql_parser.VectorSelector):
            yield str(expr).removesuffix("{}")
        waiting += [getattr(expr, name) for name in _INSIDE if hasattr(expr, name)]
        waiting += getattr(expr, "args", [])
