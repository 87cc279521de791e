"""PH-COMMAND: a placeholder in a command that nobody fills in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from tocsin.core.runbook import Block
from tocsin.reading.lint.blocks import PROMQLS, SCRIPTS, code_lines
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.placeholders import Placeholder, placeholders_in
from tocsin.reading.lint.rule import Hit, Rule, Severity, together

_PUT_ASIDE = re.compile(  # a sentence begins with a capital, and only few ask for such a line
    r"\s*(?:#|--|//)\s*(?:[a-z]|(?:Add|Append|Insert|Set)\b)"
)
_BEHIND = re.compile(r"(?<=\S)\s+#\s.*$")  # a remark behind a command


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
        label = (block.label or "").lower()
        if (block.statements and label not in PROMQLS) or label in SCRIPTS:
            for number, line in _to_run(block):
                yield from placeholders_in(_BEHIND.sub("", line), number)


def _to_run(block: Block) -> list[tuple[int, str]]:
    """Return the lines of code, and those that a comment holds for somebody to write or run."""
    lines = enumerate(block.text.split("\n"), start=block.start + 1)
    put_aside = [(number, line) for number, line in lines if _PUT_ASIDE.match(line)]
    return sorted([*code_lines(block), *put_aside])


rule = Rule(
    name="PH-COMMAND",
    severity=Severity.ERROR,
    summary="A placeholder in a command that nobody fills in.",
    look=_look,
)
