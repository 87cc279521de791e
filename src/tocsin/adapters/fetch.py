"""One HTTP request with hard walls: a time limit for the whole, a cap on the body.

No proxy from the environment, no redirect followed, no decompression, so what arrives is
what was sent and a small answer cannot grow into a large one. Whatever a name resolves to,
nothing is asked of a link-local address unless the request says so: there lie the credentials
of a machine in a cloud.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2

from tocsin.core.run import Outcome
from tocsin.ports.executors import Stop

_NAME = 6  # curl's exit statuses, which people know
_CONNECT = 7
_TIMEOUT = 28
_BROKEN = 56
_STOPPED = 130
_INSIDE = (ipaddress.ip_network("100.100.100.200/32"), ipaddress.ip_network("fd00:ec2::/32"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask for and how much of it we are prepared to wait for and to read."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] | None = None
    content: bytes = b""  # what is sent
    seconds: float
    body_bytes: int  # of what comes back
    link_local: bool = False  # whether an address that is only for this machine may be asked


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

    @property
    def was_sent(self) -> bool:
        """Whether the request may have arrived."""
        return self.status not in (_NAME, _CONNECT)

    def outcome(self, *, read_only: bool = True) -> Outcome:
        """Return how a request ended that went like this; a change that was sent is unknown."""
        late = self.status == _TIMEOUT
        lost = not read_only and self.was_sent
        said = f"{self.said} Whether the change took place is not known." if lost else self.said
        status = None if late or lost or self.status == _STOPPED else self.status
        return Outcome(exit_status=status, said=said, timed_out=late, lost=lost)


def fetch(
    request: Request,
    head: Callable[[Answer], None],
    body: Callable[[bytes], None],
    *,
    stop: Stop | None = None,
) -> Answer:
    """Send the request; call `head` once, then `body` for each piece. Return the answer.

    Raises:
        Failed: No such name, no connection, out of time, cut off, stopped, or not a usable
            address.
    """
    ending = stop or Stop()
    try:
        return asyncio.run(_within(request, head, body, ending))
    except asyncio.CancelledError as error:
        raise Failed(_STOPPED, f"{ending.because}.") from error
    except TimeoutError as error:
        raise Failed(_TIMEOUT, f"No whole answer within {request.seconds:g} s.") from error
    except httpx2.TimeoutException as error:
        raise Failed(_TIMEOUT, f"No whole answer within {request.seconds:g} s.") from error
    except httpx2.ConnectError as error:
        raise _unconnected(error) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
        raise Failed(_BROKEN, f"The answer broke off: {type(error).__name__}.") from error


async def _within(
    request: Request,
    head: Callable[[Answer], None],
    body: Callable[[bytes], None],
    stop: Stop,
) -> Answer:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  # we are one
    loop = asyncio.get_running_loop()

    def cancel() -> None:
        loop.call_soon_threadsafe(task.cancel)

    async with asyncio.timeout(request.seconds):
        with stop.calls(cancel):
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
            extensions={} if request.link_local else {"trace": _refuse_link_local},
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
                return replace(answer, whole=False)
        return answer


async def _refuse_link_local(event: str, facts: dict[str, Any]) -> None:
    """Refuse, before anything is sent, to be connected where credentials are handed out."""
    if event != "connection.connect_tcp.complete":
        return
    stream = facts["return_value"]
    if is_handing_out(str(stream.get_extra_info("server_addr")[0])):
        await stream.aclose()
        raise Failed(_CONNECT, "Its address is link-local, where credentials are handed out.")


def is_handing_out(host: str) -> bool:
    """Whether an IP address is one at which a cloud gives a machine its credentials."""
    address = ipaddress.ip_address(host.partition("%")[0])
    plain = getattr(address, "ipv4_mapped", None) or address
    return bool(plain.is_link_local) or any(plain in network for network in _INSIDE)


def _unconnected(error: BaseException) -> Failed:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return Failed(_NAME, "The name of the host could not be resolved.")
        cause = cause.__cause__ or cause.__context__
    return Failed(_CONNECT, f"No connection: {error}.")
