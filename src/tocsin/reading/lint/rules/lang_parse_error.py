"""LANG-PARSE-ERROR: a block that does not parse as what it says it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.core.runbook import Block
from tocsin.reading import shell
from tocsin.reading.lint.blocks import PROMQLS, SCRIPTS, SHELLS, code_lines
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, together
from tocsin.reading.statements import too_long

# three dots that are no spread operator and stand outside quotes
_LEFT_OUT = re.compile(r"(?<![\w.\"'])\.{3}(?=\s*(?:[;,)]|$))|(?<=\))\s*\.{3}")


def _look(document: Document) -> Iterator[Hit]:
    broken = {
        one.line: one.message for one in document.runbook.findings if one.code == "block.syntax"
    }
    for block in document.runbook.blocks:
        label = (block.label or "").lower()
        if block.start in broken and label not in PROMQLS and not _is_for_psql(block):
            located = label in SHELLS and not too_long(block.text)
            lines = _mistakes(block) if located else [block.start]
            yield Hit(lines=together(lines), message=broken[block.start])
        elif label in SCRIPTS - {"python", "py"} and _elided(block):
            message = "`...` stands for what was left out: this does not parse."
            yield Hit(lines=together([block.start, *_elided(block)]), message=message)


def _is_for_psql(block: Block) -> bool:
    """Whether the block lists commands of psql itself, as `\\dt`."""
    return all(line.startswith("\\") for _, line in code_lines(block))


def _mistakes(block: Block) -> list[int]:
    """Return the first line that shell cannot parse, and the one before it."""
    lines = block.text.split("\n")
    for number, line in enumerate(lines):
        if line.lstrip().startswith(("|", "&&", ")")) and number:
            return [block.start + number, block.start + number + 1]
    row = _first_error(block.text)
    return [block.start + 1 + row]


def _first_error(text: str) -> int:
    """Return the first row the grammar could not make sense of, the last one with code at most."""
    waiting = [shell.parse(text)]
    rows = []
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            rows.append(node.start_point[0])
        waiting += node.children
    return min(min(rows, default=0), text.rstrip().count("\n"))


def _elided(block: Block) -> list[int]:
    return [number for number, line in code_lines(block) if _LEFT_OUT.search(line)]


rule = Rule(
    name="LANG-PARSE-ERROR",
    severity=Severity.ERROR,
    summary="A block that does not parse as what it says it is.",
    look=_look,
)
