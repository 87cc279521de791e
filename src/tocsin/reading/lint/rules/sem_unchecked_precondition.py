"""SEM-UNCHECKED-PRECONDITION: a condition for destroying something stands in a comment only."""

from __future__ import annotations

import re

from tocsin.core.risk import Risk
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_CONDITION = re.compile(
    r"\((?:only )?(?:after|once|when)\b[^)]*\)|\b(?:only|but not) (?:after|once|before)\b"
    r"|\bmake sure\b",
    re.IGNORECASE,
)


def _look(document: Document) -> list[Hit]:
    lines = [
        statement.start - 1
        for statement, verdict in document.verdicts
        if verdict.risk is Risk.DESTROY and _CONDITION.search(statement.label)
    ]
    message = "What has to be true before this destroys something is not checked by anything."
    return one_hit(lines, message)


rule = Rule(
    name="SEM-UNCHECKED-PRECONDITION",
    severity=Severity.WARNING,
    summary="A condition for destroying something stands in a comment only.",
    look=_look,
)
