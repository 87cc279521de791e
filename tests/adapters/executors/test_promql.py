"""PromQL against a server that answers as Prometheus does, well and badly."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.executors.answering import answering, reply
from tocsin.adapters.executors.promql import PromqlExecutor
from tocsin.core.run import Command, Limits, Outcome
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution


def run(url: str, text: str, *, kind: TargetKind = TargetKind.PROMETHEUS) -> tuple[Outcome, str]:
    """Run `text` and return how it ended and what it said."""
    execution = Execution(
        command=Command(
            language=Language.PROMQL,
            text=text,
            target="prom",
            runbook_sha256="0" * 64,
            step_line=1,
            limits=Limits(time=timedelta(seconds=5)),
        ),
        target=Target(name="prom", kind=kind, url=url),
        environment={},
        read_only=True,
    )
    said: list[bytes] = []
    outcome = PromqlExecutor(str.upper).run(execution, said.append)
    return outcome, b"".join(said).decode()


def answered(
    body: object, status: int = 200, query: str = "up"
) -> tuple[Outcome, str, list[tuple[str, str, dict[str, str]]]]:
    """Return the outcome where the server says `body`."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    with answering(lambda request: reply(request, status, text)) as server:
        return *run(server.url, query), server.requests


def success(kind: str, result: object) -> dict[str, object]:
    return {"status": "success", "data": {"resultType": kind, "result": result}}


def test_each_series_is_a_line() -> None:
    """Labels in order, then the value, as the notation is."""
    outcome, said, _ = answered(
        success(
            "vector",
            [
                {"metric": {"__name__": "up", "job": "api", "a": 'x"\n'}, "value": [1.5, "1"]},
                {"metric": {}, "value": [1.5, "NaN"]},
            ],
        )
    )

    assert outcome == Outcome(exit_status=0)
    assert said == 'up{a="x\\"\\n", job="api"} 1\n{} NaN\n'


def test_the_query_arrives_as_it_was_written() -> None:
    """Plus signs, ampersands and newlines mean something in a URL and in PromQL."""
    query = 'sum by (le) (rate(x{a=~"b+&c"}[5m]))\n  > 5 # %20 é'

    _, _, requests = answered(success("vector", []), query=query)

    method, path, _ = requests[0]
    assert method == "GET"
    assert urlsplit(path).path == "/api/v1/query"
    assert parse_qs(urlsplit(path).query) == {"query": [query]}


def test_no_series_is_said() -> None:
    """An empty answer to `x > 5` is the good news; silence would look like a fault."""
    outcome, said, _ = answered(success("vector", []))

    assert outcome == Outcome(exit_status=0, said="No data.")
    assert said == "no data\n"


@pytest.mark.parametrize("kind", ["scalar", "string"])
def test_a_single_value_is_printed(kind: str) -> None:
    """`time()` and `scalar(x)` have no labels."""
    assert answered(success(kind, [1.5, "42"]))[1] == "42\n"


def test_a_range_is_printed_point_by_point() -> None:
    """`x[5m]` is what somebody pastes from a dashboard."""
    series = {"metric": {"__name__": "x"}, "values": [[1, "2"], [3, "4"]]}

    assert answered(success("matrix", [series]))[1] == "x{} 2 @1\nx{} 4 @3\n"


def test_a_refusal_is_told_in_prometheus_words() -> None:
    """The parse error says what is wrong with the runbook."""
    outcome, said, _ = answered({"status": "error", "error": "parse error: oops"}, status=400)

    assert outcome == Outcome(exit_status=1, said="Prometheus refused it: parse error: oops")
    assert said == ""


@pytest.mark.parametrize(
    "body",
    [
        b"<html>login</html>",
        b"",
        b"[]",
        b"null",
        b"[" * 100_000,
        {"status": "success"},
        success("vector", None),
        success("vector", [{}]),
        success("vector", [{"metric": [], "value": 1}]),
        success("vector", [{"metric": {"a": 1}, "value": []}]),
        success("scalar", []),
    ],
)
def test_an_answer_of_something_else_is_an_outcome(body: object) -> None:
    """A login page of a proxy answers 200 as well."""
    outcome, said, _ = answered(body)

    assert outcome == Outcome(exit_status=1, said="No answer of a Prometheus (HTTP 200).")
    assert said == ""


def test_a_server_that_is_down_is_an_outcome() -> None:
    """Prometheus is often the first to go."""
    outcome, _ = run("http://127.0.0.1:1", "up")

    assert outcome.exit_status == 7
    target = Target(name="prom", kind=TargetKind.PROMETHEUS, url="http://127.0.0.1:1")
    assert "prom does not answer" in PromqlExecutor(str.upper).ready(target, read_only=True)


def test_ready_asks_the_server() -> None:
    """`doctor` must not say that all is well because an address is written down."""
    with answering(
        lambda request: reply(request, 200, json.dumps(success("vector", [])).encode())
    ) as server:
        target = Target(name="prom", kind=TargetKind.PROMETHEUS, url=f"{server.url}/")
        assert PromqlExecutor(str.upper).ready(target, read_only=True) == ""
    assert server.requests[0][1].startswith("/api/v1/query?")


@pytest.mark.parametrize("url", ["", "prometheus:9090", "file:///x", "http://[::1"])
def test_an_address_that_is_none_is_said_without_it(url: str) -> None:
    """An address may hold a password."""
    outcome, _ = run(url, "up")

    assert outcome.exit_status is None
    assert "The address of target prom" in outcome.said


def test_other_targets_are_not_ours() -> None:
    """PromQL on a database is a mistake in the workspace."""
    assert "prom is sqlite" in run("x.db", "up", kind=TargetKind.SQLITE)[0].said
