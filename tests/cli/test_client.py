"""Finding the server, and what is made of its answers, with real sockets."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from tocsin.cli import client
from tocsin.cli.client import Server
from tocsin.core import errors


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("", "http://127.0.0.1:8377"),
        ("[tocsin]\nlisten = '127.0.0.1:9000'", "http://127.0.0.1:9000"),
        ("[tocsin]\nlisten = '0.0.0.0:9000'", "http://127.0.0.1:9000"),
        ("[tocsin]\nlisten = '[::]:9000'", "http://[::1]:9000"),
        ("[tocsin]\nlisten = 'tocsin.internal:80'", "http://tocsin.internal:80"),
        ("tocsin = 3", "http://127.0.0.1:8377"),
    ],
)
def test_the_workspace_says_where_the_server_listens(
    tmp_path: Path, written: str, address: str
) -> None:
    """Only that key is read: other mistakes in the file are not this command's business."""
    (tmp_path / "tocsin.toml").write_text(written)

    assert client.address_of(tmp_path) == address


def test_without_a_workspace_the_usual_address_is_tried(tmp_path: Path) -> None:
    """Most people run it where it runs by default."""
    assert client.address_of(tmp_path) == "http://127.0.0.1:8377"


@pytest.mark.parametrize("content", [b"[tocsin", b"\xff\xfe"])
def test_a_workspace_that_is_not_toml_is_said(tmp_path: Path, content: bytes) -> None:
    """Rather than asking a server that this file does not mean."""
    (tmp_path / "tocsin.toml").write_bytes(content)

    with pytest.raises(errors.Invalid, match="is not TOML"):
        client.address_of(tmp_path)


@pytest.mark.parametrize(
    "url",
    ["", "ftp://a", "a:80", "http://", "http://a:x", "http://a:99999", "http://a/b", "http://a?b"],
)
def test_what_is_no_address_is_refused(url: str, tmp_path: Path) -> None:
    """Before a token is sent to it. An empty one means the workspace's."""
    if not url:
        assert client.find_server(url, tmp_path, token="").url == "http://127.0.0.1:8377"
        return
    with pytest.raises(errors.Invalid, match="no address"):
        client.find_server(url, tmp_path, token="")


@pytest.mark.parametrize("token", ["a\r\nHost: evil", "\u00e9", "\x00"])
def test_a_token_that_no_header_can_hold_is_refused(token: str, tmp_path: Path) -> None:
    """It would smuggle a header, or end in a traceback."""
    with pytest.raises(errors.Invalid, match="no token has"):
        client.find_server("http://a", tmp_path, token=token)


def test_the_token_comes_from_the_environment_or_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment wins; nothing at all is no error yet."""
    monkeypatch.delenv("TOCSIN_TOKEN", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert client.personal_token() == ""

    (tmp_path / "tocsin").mkdir()
    (tmp_path / "tocsin" / "token").write_text("from-file\n")
    assert client.personal_token() == "from-file"

    monkeypatch.setenv("TOCSIN_TOKEN", "from-environment")
    assert client.personal_token() == "from-environment"


def test_nobody_there_is_unavailable_with_the_way_out() -> None:
    """Port 9 of this machine: nothing listens there."""
    with pytest.raises(errors.Unavailable) as refused:
        Server(url="http://127.0.0.1:9").get("/v1/incidents")

    assert refused.value.code == "server.unreachable"
    assert "tocsin serve" in refused.value.hint


class Other(http.server.BaseHTTPRequestHandler):
    """Something that is not Tocsin, and says what the test put here."""

    status = 200
    body = b""
    asked: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, dict(self.headers)))
        self.send_response(self.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def other() -> Iterator[Server]:
    Other.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield Server(url=f"http://127.0.0.1:{listening.server_port}", token="secret")
        listening.shutdown()
        thread.join()


def answers(status: int, body: object) -> None:
    """Let the other server say this."""
    Other.status = status
    Other.body = body if isinstance(body, bytes) else json.dumps(body).encode()


@pytest.mark.parametrize("body", [b"<h1>It works!</h1>", b"", b"\xff", b"[" * 100_000])
@pytest.mark.parametrize("status", [200, 404, 500])
def test_what_does_not_speak_like_tocsin_is_said(other: Server, status: int, body: bytes) -> None:
    """Another program has the port: neither its 200 nor its 404 is about our incident."""
    answers(status, body)

    with pytest.raises(errors.Unavailable, match="does not speak like Tocsin"):
        other.get("/v1/incidents")


def test_a_redirect_is_not_followed(other: Server) -> None:
    """The token would go wherever the answer says."""
    answers(302, {})

    with pytest.raises(errors.Unavailable):
        other.get("/v1/incidents")
    assert [path for path, _ in Other.asked] == ["/v1/incidents"]
    assert Other.asked[0][1]["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("status", "category"),
    [
        (400, errors.Invalid),
        (401, errors.Unauthenticated),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (413, errors.TooLarge),
        (415, errors.Invalid),
        (422, errors.Invalid),
        (500, errors.Unavailable),
        (503, errors.Unavailable),
    ],
)
def test_a_refusal_is_the_problem_it_was_on_the_other_side(
    other: Server, status: int, category: type[errors.Problem]
) -> None:
    """With its code, its sentence and its hint."""
    answers(status, {"type": "some.code", "detail": "No.", "hint": "Ask again."})

    with pytest.raises(category) as refused:
        other.get("/v1/incidents")
    problem = refused.value
    assert (problem.code, problem.message) == ("some.code", "No.")
    assert problem.hint.splitlines()[0] == "Ask again."
