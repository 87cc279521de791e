"""Looks at a web address: its status, a text in its body, and how long it took."""

from __future__ import annotations

import ssl
from functools import cached_property
from time import monotonic

import httpx2

from tocsin.adapters.looking import BoundedProbe, one_line, text_of
from tocsin.core.errors import Invalid
from tocsin.core.workspace import Check
from tocsin.ports.probes import Reading

_BODY_BYTES = 1024 * 1024  # where `contains` looks; the rest is not read


class HttpProbe(BoundedProbe):
    """Sends one GET and follows no redirect."""

    def find(self, check: Check, limit: float) -> Reading:
        expected = _expected(check.options.get("expect_status", "200-299"))
        began = monotonic()
        try:
            status, body = self._get(text_of(check, "url"), began + limit, limit)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise Invalid(
                "check.option", f"The option 'url' is no address: {one_line(str(error))}"
            ) from error
        except httpx2.TimeoutException as error:
            raise TimeoutError from error
        except httpx2.HTTPError as error:
            return Reading(healthy=False, said=f"No answer: {_why(error)}.")
        wrong = _wrong(check, status, body, expected)
        took = round((monotonic() - began) * 1000, 1)
        said = wrong or f"Answered {status} in {took:.0f} ms."
        return Reading(healthy=not wrong, said=said, figure=took, unit="ms")

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def _get(self, url: str, deadline: float, limit: float) -> tuple[int, bytes]:
        # Without the environment: a proxy of ours says nothing about the service.
        with (
            httpx2.Client(verify=self._trust, trust_env=False, timeout=limit) as client,
            client.stream("GET", url) as response,
        ):
            return response.status_code, _first_bytes(response, deadline)


def _first_bytes(response: httpx2.Response, deadline: float) -> bytes:
    body = b""
    for piece in response.iter_bytes():
        body += piece
        if monotonic() > deadline:
            raise TimeoutError
        if len(body) >= _BODY_BYTES:
            break
    return body


def _wrong(check: Check, status: int, body: bytes, expected: list[tuple[int, int]]) -> str:
    if not any(low <= status <= high for low, high in expected):
        told = ", ".join(f"{low}" if low == high else f"{low}-{high}" for low, high in expected)
        return f"Answered {status}, not {told}."
    wanted = text_of(check, "contains")
    if wanted.encode() not in body:
        return f"Answered {status} without the text {one_line(wanted)!r}."
    return ""


def _expected(written: object) -> list[tuple[int, int]]:
    """Return the ranges of good statuses, both ends included."""
    pieces = written if isinstance(written, list) else str(written).split(",")
    try:
        return [_range(str(piece)) for piece in pieces]
    except ValueError as error:
        raise Invalid(
            "check.option",
            f"The option 'expect_status' makes no sense: {one_line(str(written))!r}.",
            hint='Write 200, "200-299" or [200, 204].',
        ) from error


def _range(piece: str) -> tuple[int, int]:
    low, _, high = piece.strip().partition("-")
    return int(low), int(high or low)


def _why(error: httpx2.HTTPError) -> str:
    return (one_line(str(error)) or type(error).__name__).rstrip(".")
