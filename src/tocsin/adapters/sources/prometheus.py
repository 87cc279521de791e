"""Ask Prometheus whether an alert still fires: its own ALERTS series, fresh."""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx2

from tocsin.core.workspace import Target
from tocsin.ports.conditions import Condition

_TIMEOUT_S = 5.0
_NOT_OURS = frozenset({"alertname", "prometheus", "monitor", "replica"})  # external labels


def ask(target: Target, labels: Mapping[str, str]) -> Condition:
    """Return whether an alert with these labels fires in Prometheus now. Never raises."""
    name = labels.get("alertname", "")
    query = f'count(ALERTS{{alertstate="firing",alertname={json.dumps(name)}{_rest(labels)}}})'
    try:
        answer = httpx2.get(
            f"{target.url.rstrip('/')}/api/v1/query", params={"query": query}, timeout=_TIMEOUT_S
        )
        result = answer.json()["data"]["result"]
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError) as error:
        kind = type(error).__name__
        return Condition(holds=None, said=f"Prometheus could not be asked about {name}: {kind}")
    if result:
        return Condition(holds=True, said=f"{name} still fires in Prometheus")
    return Condition(holds=False, said=f"{name} no longer fires in Prometheus")


def _rest(labels: Mapping[str, str]) -> str:
    kept = [(each, text) for each, text in sorted(labels.items()) if each not in _NOT_OURS]
    plain = [(each, text) for each, text in kept if each.isidentifier() and each.isascii()]
    return "".join(f",{each}={json.dumps(text, ensure_ascii=False)}" for each, text in plain)
