"""CMD-BROKEN: a command that cannot work as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.order import before, calls_by_block
from tocsin.reading.lint.rule import Hit, Rule, Severity, together

_SLASHES = re.compile(
    r"^\s*(?:export\s+)?(?P<name>\w+)=[\"']?\$\(.*\b(base64|pwd|realpath|readlink|mktemp|which)\b",
    re.MULTILINE,
)
_REPLACES = re.compile(r"(^|[\s;'\"])s/")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Needs:
    """What an operation needs to have happened first, or it is refused."""

    does: tuple[str, ...]
    first: tuple[tuple[str, ...], ...]
    why: str


_STOPPED = (
    _Needs(
        does=("aws", "modify-instance-attribute", "--instance-type"),
        first=(("aws", "stop-instances"),),
        why="the type of an instance can be changed only while it is stopped",
    ),
    _Needs(
        does=("gcloud", "set-machine-type"),
        first=(("gcloud", "stop"),),
        why="the machine type can be changed only while it is stopped",
    ),
    _Needs(
        does=("rabbitmqctl", "join_cluster"),
        first=(("rabbitmqctl", "stop_app"),),
        why="a node joins only while its application is stopped",
    ),
    _Needs(
        does=("rabbitmqctl", "reset"),
        first=(("rabbitmqctl", "stop_app"),),
        why="a node is reset only while its application is stopped",
    ),
    _Needs(
        does=("pg_resetwal",),
        first=(("systemctl", "stop"), ("pg_ctl", "stop"), ("pg_ctlcluster",), ("service", "stop")),
        why="it refuses while the server runs",
    ),
)
_DOERS = tuple({one.does[0] for one in _STOPPED})


def _look(document: Document) -> Iterator[Hit]:
    yield from _unsafe_replacements(document)
    for call in document.calls_named(*_DOERS):
        for needs in _STOPPED:
            if _says(call, needs.does) and not _prepared(document, call, needs):
                yield Hit(lines=(call.line,), message=f"This is refused: {needs.why}.")


def _says(call: Call, words: tuple[str, ...]) -> bool:
    return call.name == words[0] and all(call.option(one) or one in call.args for one in words[1:])


def _prepared(document: Document, call: Call, needs: _Needs) -> bool:
    row = before(document, call)
    return any(_says(one, words) for one in row for words in needs.first)


def _unsafe_replacements(document: Document) -> Iterator[Hit]:
    """Return replacements by a value whose `/` would end the expression `s/…/…/` too early."""
    for block, row in calls_by_block(document):
        risky = {
            found["name"]: block.start + 1 + block.text.count("\n", 0, found.start("name"))
            for found in _SLASHES.finditer(block.text)
        }
        for call in row:
            for name in _replaced(call):
                if name in risky:
                    message = f"A `/` in `${name}` ends the expression of `sed`: write `s|…|…|`."
                    yield Hit(lines=together((risky[name], call.line)), message=message)


def _replaced(call: Call) -> tuple[str, ...]:
    replaces = call.name == "sed" and any(_REPLACES.search(word) for word in call.args)
    return call.variables if replaces else ()


rule = Rule(
    name="CMD-BROKEN",
    severity=Severity.ERROR,
    summary="A command that cannot work as it is written.",
    look=_look,
)
