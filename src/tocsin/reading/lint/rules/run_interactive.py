"""RUN-INTERACTIVE: a command that waits for somebody at a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, together
from tocsin.reading.lint.terminals import wants_person


def _look(document: Document) -> Iterator[Hit]:
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for call in document.calls:
        why = wants_person(call)
        if why:
            places[call.name, why].append(call.line)
    for (name, why), lines in places.items():
        yield Hit(lines=together(lines), message=f"`{name}` {why}.")


rule = Rule(
    name="RUN-INTERACTIVE",
    severity=Severity.ERROR,
    summary="A command that waits for somebody at a terminal.",
    look=_look,
)
