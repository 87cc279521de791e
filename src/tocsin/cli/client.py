"""Talks HTTP to the server, with nothing but the standard library: it starts in no time.

The answer to a refused request is a problem (RFC 9457); it is raised here as the Problem it
was on the other side, so that a command ends the same wherever the refusal came from.
"""

from __future__ import annotations

import functools
import http.client
import json
import os
import ssl
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from tocsin.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

LISTENS = "127.0.0.1:8377"
_TIMEOUT_SECONDS = 30.0
_ANSWER_BYTES = 256 * 1024 * 1024
_WHERE_TOKENS_GO = (
    "Yours belongs into TOCSIN_TOKEN or ~/.config/tocsin/token, "
    "that of a source into TOCSIN_SOURCE_TOKEN."
)

CATEGORY: Mapping[int, type[Problem]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the server is, and who we are to it. The token is never shown."""

    url: str
    token: str = ""

    def get(self, path: str) -> Any:
        """Return what a GET answers, as a value.

        Raises:
            Problem: The server refused, with the code and hint it gave.
            Unavailable("server.unreachable"), Unavailable("server.answer")
        """
        return self._value(self._ask("GET", path, None))

    def text(self, path: str) -> str:
        """Return what a GET answers, as text. Raises as `get`."""
        return self._ask("GET", path, None).decode("utf-8", "replace")

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return what a POST of `body` answers, as a value. Raises as `get`."""
        return self._value(self._ask("POST", path, json.dumps(body or {}).encode()))

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        connection = self._connection()
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            connection.request(method, path, body=body, headers=headers)
            with connection.getresponse() as answer:
                told = answer.read(_ANSWER_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from None
        finally:
            connection.close()
        if answer.status >= 300:
            raise problem_of(answer.status, told, self.url)
        return told

    def _connection(self) -> http.client.HTTPConnection:
        address = _split(self.url)
        host, port = str(address.hostname), address.port
        if address.scheme == "https":
            trust = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_SECONDS, context=trust)
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)

    def _unreachable(self, error: Exception) -> Unavailable:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return Unavailable(
            "server.unreachable",
            f"No server answers at {self.url}: {reason}.",
            hint="Start it with `tocsin serve`, or say where it is with --server.",
        )

    def _value(self, told: bytes) -> Any:
        try:
            return json.loads(told)
        except (ValueError, RecursionError):
            raise _no_tocsin(self.url) from None


def problem_of(status: int, told: bytes, url: str) -> Problem:
    """Return the refusal as the Problem it was on the server's side."""
    try:
        body = json.loads(told)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("detail"), str):
        return _no_tocsin(url)
    fallback = Unavailable if status >= 500 else Invalid
    hints = [str(body.get("hint") or ""), _WHERE_TOKENS_GO if status == 401 else ""]
    return CATEGORY.get(status, fallback)(
        str(body.get("type", "server.answer")),
        body["detail"],
        hint="\n".join(filter(None, hints)),
    )


def _no_tocsin(url: str) -> Unavailable:
    return Unavailable(
        "server.answer",
        f"What answers at {url} does not speak like Tocsin.",
        hint="Say where the server is with --server or TOCSIN_SERVER.",
    )


def _split(url: str) -> Any:
    """Return the parts of an address.

    Raises:
        Invalid("server.address"): It is no http or https address.
    """
    try:
        address = urlsplit(url)
        fits = address.scheme in ("http", "https") and address.hostname and address.port != 0
    except ValueError:
        fits = None
    if not fits or address.path.strip("/") or address.query:
        raise Invalid(
            "server.address",
            f"{url!r} is no address of a server.",
            hint=f"Write it as http://{LISTENS}.",
        )
    return address


def address_of(directory: Path) -> str:
    """Return where the server of the workspace in `directory` listens.

    Raises:
        Invalid("settings"): Its tocsin.toml is not TOML.
    """
    path = directory / "tocsin.toml"
    try:
        main = tomllib.loads(path.read_text(encoding="utf-8")).get("tocsin")
    except OSError:
        main = None
    except ValueError as error:
        raise Invalid("settings", f"{path} is not TOML: {error}") from None
    listen = main.get("listen", LISTENS) if isinstance(main, dict) else LISTENS
    host, _, port = str(listen).rpartition(":")
    reached = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]", "": "127.0.0.1"}  # noqa: S104
    return f"http://{reached.get(host, host)}:{port}"


def personal_token() -> str:
    """Return the caller's token, or an empty text where there is none."""
    if token := os.environ.get("TOCSIN_TOKEN", "").strip():
        return token
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    try:
        return (Path(base) / "tocsin" / "token").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def find_server(url: str | None, directory: Path, *, token: str) -> Server:
    """Return the server to talk to; `url` where it was named, else the workspace's.

    Raises:
        Invalid("server.address"), Invalid("settings")
        Invalid("server.token"): The token holds what no header can.
    """
    if not token.isascii() or not token.isprintable():
        raise Invalid("server.token", "The token holds characters that no token has.")
    found = (url or address_of(directory)).rstrip("/")
    _split(found)
    return Server(url=found, token=token)


def talks(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--json` and the way to the server: it is called with `server`, `as_json`."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @click.option("--server", "url", envvar="TOCSIN_SERVER", metavar="URL", help="Where it is.")
    @click.option(
        "--workspace",
        "directory",
        metavar="DIR",
        default=".",
        type=click.Path(path_type=Path),
        help="Whose tocsin.toml says where the server listens. [default: here]",
    )
    @functools.wraps(command)
    def asked(*context: click.Context, url: str | None, directory: Path, **rest: Any) -> None:
        command(*context, server=find_server(url, directory, token=personal_token()), **rest)

    return asked
