"""RISK-DESTRUCTIVE-MISLABELLED: the comment is harmless, the command is not."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.reading.lint.destruction import harmless_words, loss_by
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.promises import label_of
from tocsin.reading.lint.rule import Hit, Rule, Severity, together


def _look(document: Document) -> Iterator[Hit]:
    for call in document.calls:
        loss = loss_by(call)
        if loss is None:
            continue
        label = label_of(document, call.statement)
        meant = harmless_words(label.text, loss)
        if meant:
            message = f"The comment speaks of {meant}, the command loses {loss.of}."
            yield Hit(lines=together((*label.lines, call.line)), message=message)


rule = Rule(
    name="RISK-DESTRUCTIVE-MISLABELLED",
    severity=Severity.ERROR,
    summary="The comment is harmless, the command is not.",
    look=_look,
)
