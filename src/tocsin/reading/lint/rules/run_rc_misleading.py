"""RUN-RC-MISLEADING: the exit code says yes whatever the answer was."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_TESTS = ("grep", "egrep", "rg", "awk", "test")


def _look(document: Document) -> Iterator[Hit]:
    redis = [
        call.line
        for call in document.calls_named("redis-cli")
        if _is_ping(call) and not _expects_pong(document, call)
    ]
    yield from one_hit(
        redis,
        "`redis-cli ping` ends with 0 on `NOAUTH` too: add `-e`, or look for `PONG`.",
    )
    mysql = [call.line for call in document.calls_named("mysqladmin") if _is_ping(call)]
    yield from one_hit(
        mysql,
        "`mysqladmin ping` ends with 0 when access is denied: ask with `mysqladmin status`.",
    )


def _is_ping(call: Call) -> bool:
    asks = call.operands()[-1:] in (("ping",), ("PING",))
    checked = call.option("-e") or any(name in _TESTS for name in call.feeds)
    return asks and not checked and "PONG" not in call.statement.text


def _expects_pong(document: Document, call: Call) -> bool:
    """Whether the line, or the one below it, tells the person what to look for."""
    return "PONG" in "".join(document.mended_lines[call.line - 1 : call.end + 1])


rule = Rule(
    name="RUN-RC-MISLEADING",
    severity=Severity.WARNING,
    summary="The exit code says yes whatever the answer was.",
    look=_look,
)
