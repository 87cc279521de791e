"""Runs one command on a Redis.

Never a second try: a connection that breaks leaves it unknown whether a change took place. What
makes a stream of the connection is refused, since it would never end by itself.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import closing
from secrets import token_hex

from tocsin.adapters.access import access_of
from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.excess import Excess
from tocsin.adapters.resp import Answer, Broken, Connection, Refused, TooLarge, connect
from tocsin.adapters.rows import failed, hung_up, not_run, out_of_time, stopped
from tocsin.core.errors import Problem, Unavailable
from tocsin.core.run import Limits, Outcome
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution, Objection, SecretOf

_ANSWER_BYTES = 8 * 1024 * 1024
_STREAMS = frozenset(
    {"monitor", "subscribe", "psubscribe", "ssubscribe", "sync", "psync", "hello", "client"}
)
_NO_STREAM = frozenset({"list", "info", "id", "getname", "kill", "pause", "unpause"})
_PROBES = {
    "write keys": ("UNLINK", "{nothing}"),
    "read and alter settings": ("CONFIG", "GET", "databases"),
    "run scripts": ("EVAL", "return 1", "0"),
    "see and alter logins": ("ACL", "USERS"),
}
"""What tries out a power without an effect; `{nothing}` is a key that is not there."""


class RedisExecutor:
    """Runs Redis commands on `redis` targets."""

    def __init__(self, secret: SecretOf, objection: Objection) -> None:
        """Take what knows the passwords, and what judges whether a command only looks."""
        self._secret = secret
        self._objection = objection

    def ready(self, target: Target, *, read_only: bool) -> str:
        """Return an empty string if it could run there, else one sentence why not."""
        if target.kind is not TargetKind.REDIS:
            return f"Target {target.name} is {target.kind}, not redis."
        try:
            with closing(self._connect(target, Limits(), read_only=read_only)) as connection:
                connection.ask(b"PING")
        except Problem as problem:
            return problem.message
        except (Broken, Refused, TimeoutError) as error:
            return f"Target {target.name} does not answer: {error}"
        return ""

    def excess(self, target: Target) -> Excess:
        """Return what the login for looking can do too much.

        Raises:
            Unavailable("target.unready"): It cannot be asked.
        """
        with closing(self._connect(target, Limits(), read_only=True)) as connection:
            powers = tuple(what for what, words in _PROBES.items() if _may(connection, words))
        return Excess(grave=powers)

    def run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        """Run it and return how it ended; the answer reaches `say`, one line for each part."""
        command, looking = execution.command, execution.read_only
        if execution.target.kind is not TargetKind.REDIS:
            return not_run(self.ready(execution.target, read_only=looking))
        words = _words(command.text)
        refused = _why_not(words) or (self._objection(command.text, "redis") if looking else "")
        if refused:
            return not_run(f"Refused{' as a look' if looking else ''}: {refused}.")
        try:
            connection = self._connect(execution.target, command.limits, read_only=looking)
        except Problem as problem:
            return not_run(problem.message)
        excerpt = Excerpt(command.limits.output_bytes, say)
        with closing(connection), execution.stop.calls(connection.hang_up):
            outcome = _run(connection, words, execution, excerpt)
        excerpt.close()
        return outcome

    def _connect(self, target: Target, limits: Limits, *, read_only: bool) -> Connection:
        access = access_of(target, self._secret, read_only=read_only)
        seconds = limits.time.total_seconds()
        try:
            return connect(access.url, access.password, seconds=seconds, most_bytes=_ANSWER_BYTES)
        except (OSError, Broken, Refused, UnicodeError) as error:
            said = f"Target {target.name} cannot be reached: {_complaint(error)}"
            raise Unavailable("target.unready", said) from None


def _complaint(error: Exception) -> str:
    if isinstance(error, Refused | Broken):
        return str(error)[:200]
    return getattr(error, "strerror", None) or type(error).__name__


def _may(connection: Connection, words: tuple[str, ...]) -> bool:
    nothing = f"tocsin:{token_hex(16)}"
    try:
        connection.ask(*(word.replace("{nothing}", nothing).encode() for word in words))
    except Refused as refused:
        return not str(refused).startswith("NOPERM")
    return True


def _words(text: str) -> list[str]:
    """Return the words of a command; none where it is no text that could be sent."""
    try:
        text.encode()
        return shlex.split(text)
    except ValueError:
        return []


def _why_not(words: list[str]) -> str:
    if not words:
        return "it is no command of Redis"
    name, sub = words[0].lower(), "".join(words[1:2]).lower()
    if name in _STREAMS and sub not in _NO_STREAM:
        return f"{name} does not end by itself, or changes how the server answers"
    return ""


def _run(
    connection: Connection, words: list[str], execution: Execution, excerpt: Excerpt
) -> Outcome:
    looking = execution.read_only
    if execution.stop.because:
        return not_run(f"{execution.stop.because}.")
    try:
        answer = connection.ask(*(word.encode() for word in words))
    except Refused as refused:
        return failed(refused, excerpt)
    except TooLarge:
        said = "The answer is larger than 8 MiB, and was not read."
        return Outcome(exit_status=1 if looking else 0, said=said)
    except TimeoutError:
        late = out_of_time(execution.command.limits)
        return late if looking else _unknown(late)
    except Broken as broken:
        return stopped(execution) if execution.stop.because else hung_up(broken, read_only=looking)
    for line in _lines(answer):
        excerpt.feed(f"{line}\n".encode(errors="backslashreplace"))
    return Outcome(exit_status=0)


def _unknown(late: Outcome) -> Outcome:
    """Return that a change got no answer in time: the server may do it yet."""
    said = f"{late.said} Whether the change took place is not known."
    return Outcome(exit_status=None, timed_out=True, said=said, lost=True)


def _lines(answer: Answer, indent: str = "") -> Iterator[str]:
    if not isinstance(answer, list):
        yield from (indent + line for line in _plain(answer).splitlines() or [""])
        return
    if not answer:
        yield f"{indent}(empty)"
    for number, part in enumerate(answer, start=1):
        first, *rest = list(_lines(part))
        yield f"{indent}{number}) {first}"
        yield from (f"{indent}   {line}" for line in rest)


def _plain(answer: bytes | int | None) -> str:
    if answer is None:
        return "(nil)"
    if isinstance(answer, int):
        return f"(integer) {answer}"
    return answer.decode(errors="backslashreplace")
