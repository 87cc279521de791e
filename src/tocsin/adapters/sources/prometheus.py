"""Ask Prometheus whether an alert still fires: its own ALERTS series, fresh."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tocsin.adapters.access import Access, access_of, over_http
from tocsin.adapters.fetch import Failed, Request, fetch
from tocsin.core.errors import Problem
from tocsin.core.workspace import Target
from tocsin.ports.conditions import Condition
from tocsin.ports.executors import SecretOf

_TIMEOUT_S = 5.0  # for the whole answer, however slowly it drips
_BODY_BYTES = 64 * 1024
_NOT_OURS = frozenset({"alertname", "prometheus", "monitor", "replica"})  # external labels


def ask(secret: SecretOf, target: Target, labels: Mapping[str, str]) -> Condition:
    """Return whether an alert with these labels fires in Prometheus now. Never raises."""
    name = labels.get("alertname", "")
    try:
        result = _result(access_of(target, secret, read_only=True), query_of(labels))
    except Problem as problem:
        return Condition(holds=None, said=f"Prometheus could not be asked: {problem.message}")
    except Failed as failed:
        return Condition(
            holds=None, said=f"Prometheus could not be asked about {name}: {failed.said}"
        )
    except (ValueError, LookupError, TypeError, RecursionError):
        return Condition(holds=None, said=f"Prometheus gave no answer about {name}")
    if result:
        return Condition(holds=True, said=f"{name} still fires in Prometheus")
    return Condition(holds=False, said=f"{name} no longer fires in Prometheus")


def query_of(labels: Mapping[str, str]) -> str:
    """Return the query that counts the firing alerts with these labels."""
    name = _literal(labels.get("alertname", ""))
    return f'count(ALERTS{{alertstate="firing",alertname={name}{_rest(labels)}}})'


def _literal(text: str) -> str:
    # letters as they are: in PromQL a \u is a whole character and never half of one
    return json.dumps(text, ensure_ascii=False)


def _result(access: Access, query: str) -> object:
    url, login = over_http(access)
    body = bytearray()
    request = Request(
        method="GET",
        url=f"{url}/api/v1/query",
        headers=login,
        parameters={"query": query},
        seconds=_TIMEOUT_S,
        body_bytes=_BODY_BYTES,
        link_local=True,
    )
    fetch(request, lambda _: None, body.extend)
    return json.loads(body)["data"]["result"]


def _rest(labels: Mapping[str, str]) -> str:
    kept = [(each, text) for each, text in sorted(labels.items()) if each not in _NOT_OURS]
    plain = [(each, text) for each, text in kept if each.isidentifier() and each.isascii()]
    return "".join(f",{each}={_literal(text)}" for each, text in plain)
