"""LINK-DANGLING: a link to a file that is not there."""

from __future__ import annotations

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.links import links_of
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    dead = [
        link
        for link in links_of(document)
        if link.path and not link.path.startswith("/") and not document.exists(link.path)
    ]
    names = ", ".join(dict.fromkeys(link.path for link in dead))
    return one_hit((link.line for link in dead), f"There is no such file: {names}.")


rule = Rule(
    name="LINK-DANGLING",
    severity=Severity.WARNING,
    summary="A link to a file that is not there.",
    look=_look,
)
