"""PH-COMMAND: a placeholder in a command that nobody fills in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tocsin.reading.lint.blocks import PROMQLS, SCRIPTS, code_lines
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.placeholders import Placeholder, placeholders_in
from tocsin.reading.lint.rule import Hit, Rule, Severity, together


def _look(document: Document) -> Iterator[Hit]:
    by_word: dict[str, list[Placeholder]] = defaultdict(list)
    for placeholder in _placeholders(document):
        by_word[placeholder.word].append(placeholder)
    for word, places in by_word.items():
        yield Hit(
            lines=together(place.line for place in places),
            message=f"`{word}` has to be replaced; give it as a variable that must be set.",
            severity=None if places[0].sure else Severity.WARNING,
        )


def _placeholders(document: Document) -> Iterator[Placeholder]:
    for block in document.runbook.blocks:
        if block.statements and (block.label or "").lower() not in PROMQLS:
            yield from placeholders_in(block.text, block.start + 1)
        elif (block.label or "").lower() in SCRIPTS:
            for number, line in code_lines(block):
                yield from placeholders_in(line, number)


rule = Rule(
    name="PH-COMMAND",
    severity=Severity.ERROR,
    summary="A placeholder in a command that nobody fills in.",
    look=_look,
)
