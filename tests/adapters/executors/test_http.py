"""HTTP statements against a real server on loopback."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Mapping
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from adapters.executors.answering import answering, reply
from tocsin.adapters.executors.http import HttpExecutor
from tocsin.core.run import Command, Limits, Outcome
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution


def run(
    text: str, *, environment: Mapping[str, str] | None = None, limits: Limits | None = None
) -> tuple[Outcome, str]:
    """Run `text` and return how it ended and what it said."""
    execution = Execution(
        command=Command(
            language=Language.HTTP,
            text=text,
            target="here",
            runbook_sha256="0" * 64,
            step_line=1,
            limits=limits or Limits(time=timedelta(seconds=5)),
        ),
        target=Target(name="here", kind=TargetKind.LOCAL),
        environment=environment or {},
        read_only=True,
    )
    said: list[bytes] = []
    outcome = HttpExecutor(str.upper).run(execution, said.append)
    return outcome, b"".join(said).decode(errors="replace")


def healthy(request: BaseHTTPRequestHandler) -> None:
    reply(request, 200, b'{"ok": true}', Content_Type="application/json")


def test_the_answer_is_status_type_and_body() -> None:
    """What a person looks at first comes first."""
    with answering(healthy) as server:
        outcome, said = run(f"GET {server.url}/health?deep=1")

    assert outcome == Outcome(exit_status=0)
    assert said == 'HTTP/1.0 200 OK\ncontent-type: application/json\n\n{"ok": true}'
    assert [request[:2] for request in server.requests] == [("GET", "/health?deep=1")]


def test_head_asks_for_no_body() -> None:
    """`curl -I` in a runbook."""
    with answering(healthy) as server:
        outcome, said = run(f"HEAD {server.url}/")

    assert outcome.exit_status == 0
    assert "200 OK" in said
    assert "ok" not in said
    assert server.requests[0][0] == "HEAD"


@pytest.mark.parametrize(("status", "exit_status"), [(204, 0), (399, 0), (404, 22), (503, 22)])
def test_an_error_status_is_a_failure(status: int, exit_status: int) -> None:
    """As with curl's --fail: a health check that answers 503 has not succeeded."""
    with answering(lambda request: reply(request, status, b"")) as server:
        outcome, said = run(f"GET {server.url}/")

    assert outcome.exit_status == exit_status
    assert str(status) in said


def test_a_redirect_is_shown_and_not_followed() -> None:
    """Following would let the answer choose whom we ask."""
    with answering(lambda request: reply(request, 302, Location="http://10.0.0.1/")) as server:
        outcome, said = run(f"GET {server.url}/")

    assert outcome.exit_status == 0
    assert outcome.said == "It points to http://10.0.0.1/, which was not followed."
    assert "location: http://10.0.0.1/" in said
    assert len(server.requests) == 1


def test_headers_are_sent_with_the_variables_we_have() -> None:
    """A token stands in the environment, so that it need not stand in the runbook."""
    with answering(healthy) as server:
        run(
            f"GET {server.url}/$SHARD\nAuthorization: Bearer ${{TOKEN}}\nX-Cost: $5 and $UNKNOWN\n",
            environment={"TOKEN": "hunter-8731", "SHARD": "seven"},
        )

    _, path, headers = server.requests[0]
    assert path == "/seven"
    assert headers["authorization"] == "Bearer hunter-8731"
    assert headers["x-cost"] == "$5 and $UNKNOWN"


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        ("", {}),
        ("POST {url}/", {}),
        ("GET", {}),
        ("GET /etc/passwd", {}),
        ("GET file:///etc/passwd", {}),
        ("GET ftp://127.0.0.1/", {}),
        ("GET http://", {}),
        ("GET http://[::1/", {}),
        ("GET http://127.0.0.1:99999/", {}),
        ("GET {url}/ HTTP/1.1", {}),
        ("GET {url}/\nnot a header", {}),
        ("GET {url}/\nX: \u00e9", {}),
        ("GET {url}/$P", {"P": "x y"}),
        ("GET {url}/$P", {"P": "x\r\nX-Injected: 1"}),
        ("GET {url}/\nX: $P", {"P": "a\r\nX-Injected: 1"}),
        ("GET {url}/\nX: $P", {"P": "a\nX-Injected: 1"}),
        ("GET {url}/\x00", {}),
        ("GET http://\ud800/", {}),
    ],
)
def test_what_is_no_request_is_not_sent(text: str, environment: Mapping[str, str]) -> None:
    """Nothing is guessed, and a value can never add a header or another request."""
    with answering(healthy) as server:
        outcome, _ = run(text.replace("{url}", server.url), environment=environment)

    assert outcome.exit_status not in {0, 22}
    assert outcome.said
    assert server.requests == []


def test_a_connection_that_is_refused_is_curls_seven() -> None:
    """People know these numbers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        outcome, _ = run(f"GET http://127.0.0.1:{free.getsockname()[1]}/")

    assert outcome.exit_status == 7
    assert outcome.said.startswith("No connection")


def test_a_name_that_does_not_resolve_is_curls_six() -> None:
    """DNS is a different fault from a server that is down."""
    outcome, _ = run("GET http://no-such-host.invalid/")

    assert outcome.exit_status == 6


def test_a_server_that_trickles_is_left_at_the_time_limit() -> None:
    """A byte now and then keeps every single read within its own limit."""

    def trickle(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100):
            request.wfile.write(b"X-More: x\r\n")
            time.sleep(0.1)

    began = time.monotonic()
    with answering(trickle) as server:
        outcome, _ = run(f"GET {server.url}/", limits=Limits(time=timedelta(seconds=0.5)))

    assert time.monotonic() - began < 3
    assert outcome.timed_out
    assert outcome.exit_status is None


def test_a_body_without_end_is_cut() -> None:
    """The first 8 MiB are read, head and tail of them kept, and memory stays flat."""

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            request.wfile.write(b"x" * 65536)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with answering(endless) as server:
        outcome, said = run(f"GET {server.url}/", limits=Limits(output_bytes=1000))

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024
    assert outcome.exit_status == 0
    assert outcome.said == "The body goes on; the first 8 MiB were read."
    assert "bytes cut here]" in said
    assert len(said) < 1100


def test_an_answer_that_is_no_http_is_an_outcome() -> None:
    """Somebody will ask the database's port."""
    with answering(lambda request: request.wfile.write(b"SSH-2.0\r\n\r\n") and None) as server:
        outcome, _ = run(f"GET {server.url}/")

    assert outcome.exit_status == 56
    assert "broke off" in outcome.said


def test_a_proxy_in_our_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked is what stands in the runbook, whatever the server was started with."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")
    with answering(healthy) as server:
        assert run(f"GET {server.url}/")[0].exit_status == 0
