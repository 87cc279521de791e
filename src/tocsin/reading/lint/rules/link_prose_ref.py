"""LINK-PROSE-REF: a section is named in words where a link belongs."""

from __future__ import annotations

import re

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_REFERENCE = re.compile(
    r"\bsee (?:the )?[\"“*]*(?P<name>[A-Z][\w/& -]{2,60}?)[\"”*]* section\b", re.IGNORECASE
)


def _look(document: Document) -> list[Hit]:
    lines = [
        part.line
        for part in document.prose
        if _REFERENCE.search(part.text) and "](" not in part.text
    ]
    return one_hit(lines, "A section is named in words: make it a link.")


rule = Rule(
    name="LINK-PROSE-REF",
    severity=Severity.INFO,
    summary="A section is named in words where a link belongs.",
    look=_look,
)
