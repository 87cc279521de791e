"""Asks a Prometheus for the value of an expression now."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from tocsin.adapters.access import Access, access_of, over_http
from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.fetch import Answer, Failed, Request, fetch
from tocsin.core.errors import Problem
from tocsin.core.filling import Unfit, filled_promql
from tocsin.core.run import Outcome
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution, SecretOf, Stop

_BODY_BYTES = 8 * 1024 * 1024
_READY_SECONDS = 3.0


class PromqlExecutor:
    """Runs PromQL instant queries on `prometheus` targets."""

    def __init__(self, secret: SecretOf) -> None:
        """Take what knows the passwords."""
        self._secret = secret

    def ready(self, target: Target, *, read_only: bool) -> str:
        """Return an empty string if it could run there, else one sentence why not."""
        wrong = _wrong(target)
        if wrong:
            return wrong
        try:
            access = access_of(target, self._secret, read_only=True)
            answer, _ = _ask(access, "vector(1)", _READY_SECONDS, Stop())
        except Problem as problem:
            return problem.message
        except Failed as failed:
            return f"Target {target.name} does not answer: {failed.said}"
        return "" if answer.status == 200 else f"Target {target.name} answers {answer.status}."

    def run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        """Run it and return how it ended; each series reaches `say` as one line."""
        wrong = _wrong(execution.target)
        if wrong:
            return Outcome(exit_status=None, said=wrong)
        limits = execution.command.limits
        seconds = limits.time.total_seconds()
        try:
            query = filled_promql(execution.command.text, dict(execution.command.parameters))
        except Unfit as unfit:
            return Outcome(exit_status=None, said=str(unfit))
        try:
            access = access_of(execution.target, self._secret, read_only=True)
            answer, body = _ask(access, query, seconds, execution.stop)
        except Problem as problem:
            return Outcome(exit_status=None, said=problem.message)
        except Failed as failed:
            return failed.outcome()
        if not answer.whole:
            return Outcome(exit_status=1, said="The answer is larger than 8 MiB; ask for less.")
        excerpt = Excerpt(limits.output_bytes, say)
        outcome = _report(answer, body, excerpt)
        excerpt.close()
        return outcome


def _wrong(target: Target) -> str:
    if target.kind is not TargetKind.PROMETHEUS:
        return f"Target {target.name} is {target.kind}; PromQL needs a prometheus target."
    try:
        address = urlsplit(target.url)
    except ValueError:
        return f"The address of target {target.name} is not a URL."
    if address.scheme not in {"http", "https"} or not address.netloc:
        return f"The address of target {target.name} must start with http:// or https://."
    return ""


def _ask(access: Access, query: str, seconds: float, stop: Stop) -> tuple[Answer, bytes]:
    url, login = over_http(access)
    body = bytearray()
    request = Request(
        method="GET",
        url=f"{url}/api/v1/query",
        headers=login,
        parameters={"query": query.encode(errors="replace").decode()},
        seconds=seconds,
        body_bytes=_BODY_BYTES,
        link_local=True,
    )
    return fetch(request, lambda _: None, body.extend, stop=stop), bytes(body)


def _report(answer: Answer, body: bytes, excerpt: Excerpt) -> Outcome:
    try:
        reply = json.loads(body)
        if reply["status"] != "success":
            said = f"Prometheus refused it: {reply.get('error', 'no reason given')}"
            return Outcome(exit_status=1, said=said[:300])
        lines = list(_lines(reply["data"]))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return Outcome(exit_status=1, said=f"No answer of a Prometheus (HTTP {answer.status}).")
    if not lines:
        lines = ["no data"]
    for line in lines:
        excerpt.feed(f"{line}\n".encode(errors="backslashreplace"))
    return Outcome(exit_status=0, said="No data." if lines == ["no data"] else "")


def _lines(answer: Mapping[str, object]) -> Iterator[str]:
    result = answer["result"]
    if not isinstance(result, list):
        raise TypeError(result)
    if answer["resultType"] in {"scalar", "string"}:
        yield str(result[1])
        return
    for series in result:
        labels = _labels(series["metric"])
        points = series["values"] if "values" in series else [series["value"]]
        for point in points:
            when = f" @{point[0]}" if "values" in series else ""
            yield f"{labels} {point[1]}{when}"


def _labels(metric: Mapping[str, str]) -> str:
    name = metric.get("__name__", "")
    pairs = (
        f"{key}={json.dumps(value, ensure_ascii=False)}"
        for key, value in sorted(metric.items())
        if key != "__name__"
    )
    return f"{name}{{{', '.join(pairs)}}}"
