"""One HTTP request with hard walls: a time limit for the whole, a cap on the body.

No proxy from the environment, no redirect followed, no decompression, so what arrives is
what was sent and a small answer cannot grow into a large one.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx2

_NAME = 6  # curl's exit statuses, which people know
_CONNECT = 7
_TIMEOUT = 28
_BROKEN = 56


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask for and how much of it we are prepared to wait for and to read."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] | None = None
    content: bytes = b""
    seconds: float
    body_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The head of an answer; the body was handed on as it came."""

    status: int
    reason: str
    version: str
    headers: Mapping[str, str]
    whole: bool = True  # False: the body went on beyond the cap


class Failed(Exception):
    """There was no (whole) answer. `status` is the exit status that curl has for it."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.said = said


def fetch(
    request: Request, head: Callable[[Answer], None], body: Callable[[bytes], None]
) -> Answer:
    """Send the request; call `head` once, then `body` for each piece. Return the answer.

    Raises:
        Failed: No such name, no connection, out of time, cut off, or not a usable address.
    """
    try:
        return asyncio.run(_within(request, head, body))
    except TimeoutError as error:
        raise Failed(_TIMEOUT, f"No whole answer within {request.seconds:g} s.") from error
    except httpx2.TimeoutException as error:
        raise Failed(_TIMEOUT, f"No whole answer within {request.seconds:g} s.") from error
    except httpx2.ConnectError as error:
        raise _unconnected(error) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
        raise Failed(_BROKEN, f"The answer broke off: {type(error).__name__}.") from error


async def _within(
    request: Request, head: Callable[[Answer], None], body: Callable[[bytes], None]
) -> Answer:
    async with asyncio.timeout(request.seconds):
        return await _ask(request, head, body)


async def _ask(
    request: Request, head: Callable[[Answer], None], body: Callable[[bytes], None]
) -> Answer:
    headers = {"accept-encoding": "identity", "user-agent": "tocsin", **request.headers}
    async with (
        httpx2.AsyncClient(trust_env=False, timeout=request.seconds) as client,
        client.stream(
            request.method,
            request.url,
            headers=headers,
            params=request.parameters,
            content=request.content or None,
        ) as response,
    ):
        answer = Answer(
            status=response.status_code,
            reason=response.reason_phrase,
            version=response.http_version,
            headers=dict(response.headers),
        )
        head(answer)
        left = request.body_bytes
        async for piece in response.aiter_raw():
            body(piece[:left])
            left -= len(piece)
            if left < 0:
                return Answer(
                    status=answer.status,
                    reason=answer.reason,
                    version=answer.version,
                    headers=answer.headers,
                    whole=False,
                )
        return answer


def _unconnected(error: BaseException) -> Failed:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return Failed(_NAME, "The name of the host could not be resolved.")
        cause = cause.__cause__ or cause.__context__
    return Failed(_CONNECT, f"No connection: {error}.")
