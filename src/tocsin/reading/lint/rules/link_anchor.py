"""LINK-ANCHOR: a link to a heading that is not there."""

from __future__ import annotations

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.links import links_of
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    known = document.anchors
    dead = [
        link for link in links_of(document) if not link.path and link.anchor.lower() not in known
    ]
    names = ", ".join(dict.fromkeys(f"#{link.anchor}" for link in dead if link.anchor))
    lines = (link.line for link in dead if link.anchor)
    return one_hit(lines, f"There is no heading for {names}.")


rule = Rule(
    name="LINK-ANCHOR",
    severity=Severity.WARNING,
    summary="A link to a heading that is not there.",
    look=_look,
)
