"""DEP: a form that was superseded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Edit, Hit, Rule, Severity, one_hit

_COUNT = re.compile(r"^-(\d+)$")


def _look(document: Document) -> Iterator[Hit]:
    yield from _compose(document)
    yield from _counts(document)


def _compose(document: Document) -> list[Hit]:
    lines = [call.line for call in document.calls_named("docker-compose")]
    edits = [Edit(line=line, old="docker-compose ", new="docker compose ") for line in lines]
    message = "`docker-compose` ended in 2023: `docker compose` takes the same arguments."
    return one_hit(lines, message, edits=edits)


def _counts(document: Document) -> list[Hit]:
    """`tail -50` is a form that POSIX dropped; not every tail knows it."""
    found = [
        (call, word)
        for call in document.calls_named("tail")
        for word in call.args
        if _COUNT.match(word) and call.operands()
    ]
    edits = [
        Edit(line=call.line, old=f"{call.name} {word}", new=f"{call.name} -n {word[1:]}")
        for call, word in found
    ]
    message = "`tail -N` is an obsolete form: use `tail -n N`."
    lines = [call.line for call, _ in found]
    return one_hit(lines, message, severity=Severity.INFO, edits=edits)


rule = Rule(
    name="DEP",
    severity=Severity.WARNING,
    summary="A form that was superseded.",
    look=_look,
)
