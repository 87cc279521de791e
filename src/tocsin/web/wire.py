"""The one place where HTTP meets the product.

An endpoint is a plain function `(App, Call) -> Reply`. The wire reads the body within its
limit, finds out who calls, checks that a browser was not tricked into calling, runs the
endpoint in a thread and turns a Problem into its description (RFC 9457).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from tocsin.app import App
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
from tocsin.core.rights import Permission, Rights
from tocsin.web import gate, who
from tocsin.web.attempts import Attempts
from tocsin.web.gate import Need, On
from tocsin.web.live import Live

STATUS_OF: Mapping[type[Problem], int] = {
    Invalid: 422,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    Unavailable: 503,
}
STATUS_OF_CODE = {"request.json": 400, "event.not_json": 400, "event.encoding": 415}
TITLE_OF = {
    400: "Not readable",
    401: "Not logged in",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "Not possible now",
    413: "Too large",
    415: "Not readable",
    422: "Not understood",
    500: "A defect in Tocsin",
    503: "Not available",
}
COOKIE = "tocsin_session"
"""What a session's cookie is called; see `cookie_of`."""

SMALL = 64 * 1024
"""Bytes that a form or a JSON call may have."""

LARGE = 16 * 1024 * 1024
"""Bytes that a message from a source may have."""

_DRAINED = 256 * 1024 * 1024
"""Bytes read and thrown away so that a sender of too much still hears why."""

_WRONG_COSTS_SECONDS = 0.25
_SLOW_AT_ONCE = 2  # of 64 MiB each
_ASKED_AGAIN_SECONDS = 2.0  # whoever follows a page: may they still?
_LARGEST_ID = 2**63 - 1
MACHINES = ("/v1/", "/health")
"""What machines ask: told of problems in JSON, and described by the API's document."""

Sent = TypeVar("Sent")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, read and authenticated."""

    caller: who.Caller  # a person or a source; NOBODY where nothing was needed
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    live: Live
    session: str = ""  # what the cookie held
    cookies: Mapping[str, str] = field(default_factory=dict)
    by_script: bool = False  # a page's script asks, so parts of the page will do
    address: str = ""  # where it comes from
    attempts: Attempts = field(default_factory=Attempts)

    @property
    def actor(self) -> str:
        """Who calls, as the timeline has it."""
        return self.caller.name

    @property
    def rights(self) -> Rights:
        """What they may do."""
        return self.caller.rights

    def number(self, name: str) -> int:
        """Return the id in the path.

        Raises:
            NotFound("path"): It is no number that anything could have.
        """
        return _number(self.path[name])

    def json(self, kind: type[Sent]) -> Sent:
        """Return the body as `kind`.

        Raises:
            Invalid("request.json"): It is not JSON.
            Invalid("request.shape"): It is JSON of another shape.
        """
        try:
            sent = msgspec.json.decode(self.body or b"{}", type=kind)
        except msgspec.ValidationError as error:
            raise Invalid("request.shape", f"The body does not fit: {error}.") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Invalid("request.json", f"The body is not JSON: {error}.") from None
        for value in msgspec.structs.asdict(sent).values():  # type: ignore[arg-type]
            if isinstance(value, str):
                _refuse_nul(value)
        return sent

    def form(self) -> Mapping[str, str]:
        """Return the fields of a posted form.

        Raises:
            Invalid("request.form"): It is not one.
        """
        try:
            pairs = parse_qsl(
                self.body.decode(), keep_blank_values=True, max_num_fields=20, errors="strict"
            )
        except ValueError:
            raise Invalid("request.form", "The form could not be read.") from None
        for _, value in pairs:
            _refuse_nul(value)
        return dict(pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer."""

    body: bytes = b""
    media_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()  # further Set-Cookie headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An answer that goes on: server-sent events, each already framed."""

    events: AsyncIterator[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """An answer that waits for something without holding a thread."""

    future: Future[Any]
    then: Callable[[Any], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """An answer that is hard work: given after a pause, and few of them at a time."""

    pause_seconds: float
    work: Callable[[], Reply]


Endpoint = Callable[[App, Call], Reply | Stream | Later | Slow]
Face = Callable[[Problem, int, Call | None], Reply]
"""Shows a problem to a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where an endpoint is mounted, who may call it, and how much may be sent."""

    method: str
    path: str
    needs: Permission | Need
    endpoint: Endpoint
    on: On | None = None  # which services the permission must hold for
    limit_bytes: int = SMALL
    takes: type | None = None  # the shape of its JSON body, for the OpenAPI document
    asks: tuple[str, ...] = ()  # names in its query string, for the same


def route(
    method: str,
    path: str,
    *,
    needs: Permission | Need,
    on: On | None = None,
    limit_bytes: int = SMALL,
    takes: type | None = None,
    asks: tuple[str, ...] = (),
) -> Callable[[Endpoint], Route]:
    """Declare an endpoint. Its docstring becomes its entry in the OpenAPI document."""

    def declare(endpoint: Endpoint) -> Route:
        return Route(
            method=method,
            path=path,
            needs=needs,
            endpoint=endpoint,
            on=on,
            limit_bytes=limit_bytes,
            takes=takes,
            asks=asks,
        )

    return declare


def json_reply(value: object, *, status: int = 200) -> Reply:
    """Return `value` as JSON."""
    return Reply(body=msgspec.json.encode(value), status=status)


def html_reply(text: str, *, status: int = 200) -> Reply:
    """Return a page, or parts of one."""
    return Reply(
        body=text.encode("utf-8", "replace"), media_type="text/html; charset=utf-8", status=status
    )


def redirect(where: str, *, headers: Mapping[str, str] | None = None) -> Reply:
    """Send a browser to `where` after a form was handled."""
    return Reply(status=303, headers={"Location": where, **(headers or {})}, media_type="")


def with_cookies(reply: Reply, *cookies: str) -> Reply:
    """Return the reply with further cookies."""
    return replace(reply, cookies=(*reply.cookies, *cookies))


def status_of(problem: Problem) -> int:
    """Return the HTTP status that fits the problem."""
    return STATUS_OF_CODE.get(problem.code) or STATUS_OF.get(type(problem), 500)


def describe(problem: Problem, status: int) -> Reply:
    """Return the problem as RFC 9457 has it; `type` is the code."""
    body = {
        "type": problem.code,
        "title": TITLE_OF.get(status, "Refused"),
        "status": status,
        "detail": problem.message,
        "hint": problem.hint,
    }
    reply = json_reply(body, status=status)
    return replace(reply, media_type="application/problem+json")


def mount(api: Starlette, app: App, live: Live, routes: Iterable[Route], *, face: Face) -> None:
    """Put the routes on the framework.

    Raises:
        ValueError: A route does not say what it needs, or where. Nothing starts then.
    """
    attempts, few = Attempts(), asyncio.Semaphore(_SLOW_AT_ONCE)
    for each in routes:
        if wrong := gate.defect(each.path, each.needs, each.on):
            raise ValueError(f"{each.method} {each.path}: {wrong}.")
        handler = _Handler(
            app=app, live=live, route=each, face=face, attempts=attempts, few=few
        ).answer
        api.router.add_route(each.path, handler, methods=[each.method])
    _mount_problems(api, face)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Handler:
    """One route at work."""

    app: App
    live: Live
    route: Route
    face: Face
    attempts: Attempts
    few: asyncio.Semaphore

    async def answer(self, request: Request) -> Response:
        """Answer one request; a problem on the way is the answer."""
        call: Call | None = None
        try:
            call = await self._call(request)
            answer = await self._answered(call)
        except ClientDisconnect:
            return Response(status_code=400)  # for the log: nobody is there to read it
        except Problem as problem:
            if isinstance(problem, Unauthenticated) and _tried(request):
                await asyncio.sleep(_WRONG_COSTS_SECONDS)
            said = type(problem)(
                problem.code, self.app.mask(problem.message), hint=self.app.mask(problem.hint)
            )
            return _response(await run_in_threadpool(shown, said, request, call, self.face))
        if isinstance(answer, Reply) and answer.status == 401:
            await asyncio.sleep(_WRONG_COSTS_SECONDS)
        if request.method == "POST":
            self.live.announce()
        if isinstance(answer, Stream):
            answer = Stream(events=self._while_allowed(request, call.caller, answer.events))
        return _response(answer)

    async def _answered(self, call: Call) -> Reply | Stream:
        seen = gate.seen(self.app, self.route.needs, call.caller)
        answer = await run_in_threadpool(self.route.endpoint, seen, call)
        if isinstance(answer, Later):
            return answer.then(await asyncio.wrap_future(answer.future))
        if isinstance(answer, Slow):
            await asyncio.sleep(answer.pause_seconds)
            async with self.few:
                return await run_in_threadpool(answer.work)
        return answer

    async def _call(self, request: Request) -> Call:
        credentials = self._credentials(request)
        if request.method == "POST" and not credentials.bearer:
            _refuse_foreign(request, self.app, credentials)
        caller = await run_in_threadpool(self._admitted, credentials, request.path_params)
        body = await _body(request, self.route.limit_bytes)
        return Call(
            caller=caller,
            path=request.path_params,
            query=request.query_params,
            body=body,
            live=self.live,
            session=credentials.session,
            cookies=request.cookies,
            by_script=request.headers.get("hx-request") == "true",
            address=request.client.host if request.client else "",
            attempts=self.attempts,
        )

    def _credentials(self, request: Request) -> who.Credentials:
        return who.Credentials(
            bearer=who.bearer(request.headers.get("authorization", "")),
            session=request.cookies.get(cookie_of(self.app), ""),
        )

    def _admitted(self, credentials: who.Credentials, path: Mapping[str, str]) -> who.Caller:
        """Return who calls, if they may.

        Raises:
            Unauthenticated("auth"), Forbidden("rights"), NotFound("…")
        """
        needs, on = self.route.needs, self.route.on
        caller = gate.identified(self.app, needs, credentials)
        if isinstance(needs, Permission) and on is not None:
            number = _number(path["id"]) if "id" in path else 0
            gate.admit(gate.seen(self.app, needs, caller), needs, on, number, caller.rights)
        return caller

    async def _while_allowed(
        self, request: Request, caller: who.Caller, events: AsyncIterator[str]
    ) -> AsyncIterator[str]:
        """Yield the events for as long as the caller may do exactly what they might at first.

        The browser comes back by itself, and hears then what has become of its rights.
        """
        credentials, path = self._credentials(request), request.path_params
        coming = asyncio.ensure_future(anext(events, None))
        try:
            while True:
                await asyncio.wait({coming}, timeout=_ASKED_AGAIN_SECONDS)
                try:
                    now = await run_in_threadpool(self._admitted, credentials, path)
                except Problem:
                    return
                if now.rights != caller.rights:
                    return
                if coming.done():
                    event = coming.result()
                    if event is None:
                        return
                    yield event
                    coming = asyncio.ensure_future(anext(events, None))
        finally:
            coming.cancel()


def cookie_of(app: App) -> str:
    """Return what a session's cookie is called. By https no other host of ours can set it."""
    return f"__Host-{COOKIE}" if is_https(app) else COOKIE


def is_https(app: App) -> bool:
    """Whether the console is reached by https."""
    return app.workspace.public_url.startswith("https:")


def _tried(request: Request) -> bool:
    """Whether somebody showed something: guessing is slow, merely being nobody is not."""
    cookies = request.cookies
    return "authorization" in request.headers or any(COOKIE in name for name in cookies)


async def _body(request: Request, limit_bytes: int) -> bytes:
    """Return the body.

    Raises:
        Invalid("event.encoding"): It is compressed.
        TooLarge("request.size"): It is longer than the limit; the rest was thrown away.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Invalid(
            "event.encoding",
            "Compressed messages are not read.",
            hint="Send the body as it is, without Content-Encoding.",
        )
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit_bytes:
            chunks.append(chunk)
        elif size > _DRAINED:
            break
        else:
            chunks.clear()
    if size > limit_bytes:
        raise TooLarge("request.size", f"The body is larger than {limit_bytes} bytes.")
    return b"".join(chunks)


def _refuse_foreign(request: Request, app: App, credentials: who.Credentials) -> None:
    """Raise if a page of another site made this browser post.

    Raises:
        Forbidden("request.origin")
    """
    said = request.headers.get("origin") or request.headers.get("referer") or ""
    if not said and not credentials.session:
        return  # no browser, and nothing a browser could be tricked with
    try:
        host = urlsplit(said).netloc.lower()
    except ValueError:
        host = ""
    public = urlsplit(app.workspace.public_url).netloc.lower()
    ours = {request.headers.get("host", "").lower(), public}
    if not host or host not in ours:
        raise Forbidden(
            "request.origin",
            "This was sent from another site.",
            hint="Open the console itself and try again there.",
        )


def shown(problem: Problem, request: Request, call: Call | None, face: Face) -> Reply:
    """Return the problem as this caller can use it: JSON for machines, a page for people."""
    status = status_of(problem)
    if request.url.path.startswith(MACHINES):
        reply = describe(problem, status)
    elif status == 401 and request.headers.get("hx-request") != "true":
        return redirect(f"/login?next={quote(_local(request), safe='')}")
    else:
        reply = face(problem, status, call)
    headers = dict(reply.headers)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="tocsin"'
    if status == 503:
        headers["Retry-After"] = "1"
    return replace(reply, headers=headers)


def _local(request: Request) -> str:
    return request.url.path if request.method == "GET" else "/"


def _response(answer: Reply | Stream) -> Response:
    if isinstance(answer, Stream):
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(answer.events, media_type="text/event-stream", headers=headers)
    response = Response(
        content=answer.body,
        status_code=answer.status,
        headers=dict(answer.headers),
        media_type=answer.media_type or None,
    )
    for cookie in answer.cookies:
        response.headers.append("Set-Cookie", cookie)
    return response


def _mount_problems(api: Starlette, face: Face) -> None:
    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        problem = _framework_problem(status)
        reply = await run_in_threadpool(shown, problem, request, None, face)
        return _response(replace(reply, status=status))

    api.add_exception_handler(HTTPException, refused)
    api.add_exception_handler(Exception, refused)


def _framework_problem(status: int) -> Problem:
    if status == 404:
        return NotFound("path", "There is nothing here.", hint="The board is at /.")
    if status == 405:
        return Invalid("method", "This address does not take this method.")
    if status == 500:
        return Problem(
            "defect",
            "Something went wrong that should not have.",
            hint="The log of `tocsin serve` says what. Nothing half-done was kept.",
        )
    return Invalid("request", "The request could not be read.")


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text) or int(text) > _LARGEST_ID:
        raise NotFound("path", "There is nothing with this number.")
    return int(text)


def number_asked(call: Call, name: str) -> int | None:
    """Return a number from the query string, or None where it is not asked for."""
    text = call.query.get(name, "")
    return _number(text) if text else None


def _refuse_nul(text: str) -> None:
    if "\x00" in text:
        raise Invalid("request.text", "The text holds a NUL character.")


def framed(data: str, *, event: str = "") -> str:
    """Return one server-sent event; every kind of line end in it becomes a newline."""
    lines = "".join(f"data: {line}\n" for line in re.split(r"\r\n|\r|\n", data))
    return f"{f'event: {event}{chr(10)}' if event else ''}{lines}\n"
