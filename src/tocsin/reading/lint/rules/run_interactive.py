"""RUN-INTERACTIVE: a command that waits for somebody at a terminal."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.promises import heading_of, label_of
from tocsin.reading.lint.rule import Hit, Rule, Severity, together
from tocsin.reading.lint.terminals import PROMPT, wants_person

_MEANT = re.compile(
    r"\b(shell|interactive\w*|console|connect(?!ion)|enter|log ?in|prompt)\b", re.IGNORECASE
)


def _look(document: Document) -> Iterator[Hit]:
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for call in document.calls:
        why = wants_person(call)
        if why and not (why == PROMPT and _is_meant(document, call)):
            places[call.name, why].append(call.line)
    for (name, why), lines in places.items():
        yield Hit(lines=together(lines), message=f"`{name}` {why}.")


def _is_meant(document: Document, call: Call) -> bool:
    """Whether the text around it says that a person is to type there."""
    sentence = next(document.prose_above(call.line), None)
    said = (
        document.mended_lines[call.line - 1],
        sentence.text if sentence else "",
        label_of(document, call.statement).text,
        heading_of(document, call.line).text,
    )
    return any(_MEANT.search(text) for text in said)


rule = Rule(
    name="RUN-INTERACTIVE",
    severity=Severity.ERROR,
    summary="A command that waits for somebody at a terminal.",
    look=_look,
)
