"""PH-BY-HAND: a placeholder where no value can be filled in safely."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity
from tocsin.reading.parameters.compose import rewrite

_NOTHING: frozenset[str] = frozenset()


def _look(document: Document) -> Iterator[Hit]:
    for statement in document.statements:
        refused = rewrite(statement, _NOTHING, variables=False).refused
        if refused:
            yield Hit(
                lines=tuple(range(statement.start, statement.end + 1)),
                message=f"Tocsin cannot fill it in: {refused}.",
            )


rule = Rule(
    name="PH-BY-HAND",
    severity=Severity.INFO,
    summary="A placeholder where no value can be filled in safely.",
    look=_look,
)
