"""Sends a request as a runbook has it, without a shell in between.

The command's text is `GET https://…`, on the lines after it headers, and after an empty line
what is sent. Looking is GET and HEAD; anything else goes to an `http` target only, with its
login for changes, and never anywhere else than below its address. `$NAME` and `${NAME}` stand
for variables of the statement's environment, so that a token need not be written down;
parameters stand there in the same way, percent-encoded. Exit
statuses are curl's: 22 for 400 and above, 6 for a name that does not resolve, 7 for no
connection, 28 for out of time, 3 for no usable address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import httpx2

from tocsin.adapters.access import access_of, over_http
from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.fetch import Answer, Failed, Request, fetch
from tocsin.core.errors import Problem
from tocsin.core.filling import Unfit, filled_header, filled_url, in_environment
from tocsin.core.run import Outcome
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution, SecretOf

_BODY_BYTES = 8 * 1024 * 1024
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})", re.ASCII)
_LOOKING = frozenset({"GET", "HEAD"})
_FIRST = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE) ([^\s\x00-\x1f\x7f]+)")
_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")


class _Malformed(ValueError):
    """The text is not a request that we send."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A request as the runbook has it."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes = b""


class HttpExecutor:
    """Runs HTTP statements: direct looks, and whatever goes to an `http` target."""

    def __init__(self, secret: SecretOf) -> None:
        """Take what knows the passwords."""
        self._secret = secret

    def ready(self, target: Target, *, read_only: bool) -> str:
        """Return an empty string if it could run there, else one sentence why not."""
        if target.kind is not TargetKind.HTTP:
            return ""
        try:
            access_of(target, self._secret, read_only=read_only)
        except Problem as problem:
            return problem.message
        return ""

    def run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        """Run it and return how it ended; status line, content type and body reach `say`."""
        looking, limits = execution.read_only, execution.command.limits
        try:
            written = _read(execution)
            request = self._request(execution, written)
        except (_Malformed, Unfit) as malformed:
            return Outcome(exit_status=3, said=str(malformed))
        except Problem as problem:
            return Outcome(exit_status=None, said=problem.message)
        excerpt = Excerpt(limits.output_bytes, say)
        try:
            answer = fetch(
                request,
                lambda head: excerpt.feed(_head(head)),
                excerpt.feed,
                stop=execution.stop,
            )
        except Failed as failed:
            return failed.outcome(read_only=looking or written.method in _LOOKING)
        finally:
            excerpt.close()
        return Outcome(exit_status=0 if answer.status < 400 else 22, said=_said(answer))

    def _request(self, execution: Execution, written: _Written) -> Request:
        target = execution.target
        stays = target.kind is not TargetKind.HTTP
        if written.method not in _LOOKING and (execution.read_only or stays):
            raise _Malformed(f"{written.method} does more than look.")
        login: Mapping[str, str] = {}
        if not stays:
            access = access_of(target, self._secret, read_only=execution.read_only)
            base, login = over_http(access)
            if not _lies_below(written.url, base):
                raise _Malformed(f"Its address is not below that of target {target.name}.")
        return Request(
            method=written.method,
            url=written.url,
            headers={**written.headers, **login},
            content=written.content,
            seconds=execution.command.limits.time.total_seconds(),
            body_bytes=_BODY_BYTES,
            link_local=not stays,
        )


def _lies_below(url: str, base: str) -> bool:
    """Whether an address is of the same server as the other, and not above it."""
    asked, ours = httpx2.URL(url), httpx2.URL(base)
    same = (asked.scheme, asked.host, asked.port) == (ours.scheme, ours.host, ours.port)
    climbs = {"..", "."} & set(unquote(asked.path).split("/"))
    return same and not climbs and f"{asked.path}/".startswith(f"{ours.path.rstrip('/')}/")


def _read(execution: Execution) -> _Written:
    """Return the request with all its values.

    Raises:
        _Malformed, Unfit: No request comes of it.
    """
    values = dict(execution.command.parameters)
    ours = in_environment(execution.command.parameters)
    given = {name: text for name, text in execution.environment.items() if name not in ours}
    top, _, content = execution.command.text.strip().partition("\n\n")
    lines = [_filled(line, given) for line in top.split("\n")]
    first = _FIRST.fullmatch(lines[0].strip())
    if not first:
        raise _Malformed("It does not begin with a method and an address.")
    headers = {}
    for line in filter(None, (line.strip() for line in lines[1:])):
        header = _HEADER.fullmatch(filled_header(line, values))
        if not header or not header[2].isascii():
            raise _Malformed("A line after the first is not a header.")
        headers[header[1].lower()] = header[2]
    url = _checked(filled_url(first[2], values))
    return _Written(first[1], url, headers, content.encode(errors="replace"))


def _filled(line: str, environment: Mapping[str, str]) -> str:
    """Return the line with the variables that there are; an unknown one stays as it is."""

    def value(match: re.Match[str]) -> str:
        return environment.get(match[1] or match[2], match[0])

    return _VARIABLE.sub(value, line)


def _checked(url: str) -> str:
    try:
        address = urlsplit(url)
        usable = address.scheme in {"http", "https"} and address.hostname and address.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise _Malformed("Its address is not one of http:// or https:// with a host.")
    return url


def _head(answer: Answer) -> bytes:
    lines = [f"{answer.version} {answer.status} {answer.reason}".rstrip()]
    for name in ("content-type", "location", "retry-after"):
        if name in answer.headers:
            lines.append(f"{name}: {answer.headers[name]}")
    return ("\n".join(lines) + "\n\n").encode(errors="backslashreplace")


def _said(answer: Answer) -> str:
    if 300 <= answer.status < 400 and "location" in answer.headers:
        return f"It points to {answer.headers['location'][:200]}, which was not followed."
    if not answer.whole:
        return "The body goes on; the first 8 MiB were read."
    return ""
