"""What a playbook forbids: `Do not …`, `Never …`, wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tocsin.core.runbook import Constraint
from tocsin.reading.anchors import plain
from tocsin.reading.outline import Kind, Part

_FORBIDS = re.compile(
    r"^\W*(?:(?:warning|caution|important|danger|note|attention)\W+)?"
    r"(?:do\s+not|don['’]?t|never|must\s+not|under\s+no\s+circumstances)\b",
    re.IGNORECASE,
)
_COMFORTS = re.compile(
    r"^\W*\w+(?:['’]t|\s+not)?\s+(?:panic|worry|hesitate|forget)\b", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_PROSE = (Kind.LINE, Kind.ITEM, Kind.LEAD)


def constraints_in(parts: Iterable[Part]) -> tuple[Constraint, ...]:
    """Return every sentence that forbids something, each once, with its line.

    Comments in code are not among them: they belong to their statement.
    """
    found = {
        sentence: part.line
        for part in reversed([part for part in parts if part.kind in _PROSE])
        for sentence in reversed(sentences_of(part.text))
        if _FORBIDS.match(sentence) and not _COMFORTS.match(sentence)
    }
    return tuple(Constraint(line=line, text=text) for text, line in reversed(found.items()))


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a paragraph, without marks and on one line each."""
    return [sentence for sentence in _SENTENCE.split(" ".join(plain(text).split()))]
