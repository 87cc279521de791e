"""One entry of the catalogue, as it is written in TOML, to the tool it describes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tocsin.core.risk import Risk
from tocsin.core.tool import ANY, Tool

_NOTHING: Mapping[str, Mapping[str, Any]] = {}
_LISTS = ("flags", "values", "optional")


def tool_of(entry: Mapping[str, Any], shared: Mapping[str, Mapping[str, Any]] = _NOTHING) -> Tool:
    """Return the tool of an entry whose values are of the right types.

    Args:
        entry: The keys as docs/reference/risk.md describes them.
        shared: Keys that several entries have in common, under the name of their `with`.
    """
    full = _joined(entry, shared.get(entry.get("with", ""), {}))
    limits = full.get("limits", {})
    optional = frozenset(full.get("optional", ()))
    return Tool(
        name=tuple(full["name"].split()),
        risk=Risk(full.get("risk", Risk.READ)),
        alone=frozenset(full.get("flags", ())) | optional,
        valued=frozenset(full.get("values", ())) | frozenset(limits) | optional,
        optional=optional,
        least=full.get("least_operands", 0),
        most=full.get("most_operands", ANY if "operand" in full else 0),
        each=None if full.get("operand") in (None, ".*") else pattern(full["operand"]),
        limits=tuple((name, pattern(limit)) for name, limit in limits.items()),
        raises=tuple((name, Risk(risk)) for name, risk in full.get("raises", {}).items()),
        needs=pattern(full["needs"]) if "needs" in full else None,
        attached=pattern(full["word"]) if "word" in full else None,
        counts=full.get("figures", False),
        harmless=full.get("harmless", False),
        doubt=not full.get("unattended", True),
        judged_by=full.get("judged_by", ""),
        match=tuple(full.get("match", ())),
        not_match=tuple(full.get("not_match", ())),
    )


def _joined(entry: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry with what it shares: lists of both, of the rest its own first."""
    lists = {key: [*shared.get(key, ()), *entry.get(key, ())] for key in _LISTS}
    limits = {**shared.get("limits", {}), **entry.get("limits", {})}
    return {**shared, **entry, **lists, "limits": limits}


def pattern(text: str) -> re.Pattern[str]:
    """Return a pattern in which a figure is one of ours, 0 to 9."""
    return re.compile(text, re.ASCII)
