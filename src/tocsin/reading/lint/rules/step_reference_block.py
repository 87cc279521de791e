"""STEP-REFERENCE-BLOCK: a collection of commands in one block that changes things."""

from __future__ import annotations

import re

from tocsin.core.risk import ACTING
from tocsin.core.runbook import Block
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_REFERENCE = re.compile(
    r"\b(?:quick reference|cheat ?sheet|useful commands|common commands|command reference"
    r"|handy commands)\b",
    re.IGNORECASE,
)
_FEWEST = 3


def _look(document: Document) -> list[Hit]:
    lines = [block.start for block in document.runbook.blocks if _is_collection(document, block)]
    message = "Pasted as a whole, this runs one after another what was meant to be picked from."
    return one_hit(lines, message)


def _is_collection(document: Document, block: Block) -> bool:
    section = document.section_at(block.start)
    if section is None or len(block.statements) < _FEWEST:
        return False
    titles = [one.title for one in (section, *section.ancestors())]
    changes = any(document.judge(one).risk in ACTING for one in block.statements)
    return changes and any(_REFERENCE.search(title) for title in titles)


rule = Rule(
    name="STEP-REFERENCE-BLOCK",
    severity=Severity.ERROR,
    summary="A collection of commands in one block that changes things.",
    look=_look,
)
