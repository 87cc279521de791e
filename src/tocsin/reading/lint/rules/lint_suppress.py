"""LINT-SUPPRESS: a comment to the linter without a reason. Those that cover nothing: see `lint`."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity
from tocsin.reading.lint.suppress import suppressions_of


def _look(document: Document) -> Iterator[Hit]:
    for one in suppressions_of(document):
        if not one.reason:
            message = "Not obeyed: say why, `<!-- tocsin ignore RULE: the reason -->`."
            yield Hit(lines=(one.line,), message=message)


rule = Rule(
    name="LINT-SUPPRESS",
    severity=Severity.WARNING,
    summary="A comment that silences a rule without a reason, or silences nothing.",
    look=_look,
)
