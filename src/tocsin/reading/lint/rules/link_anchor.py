"""LINK-ANCHOR: a link to a heading that is not there."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.library import Library
from tocsin.reading.lint.links import Link, links_of
from tocsin.reading.lint.rule import Hit, Rule, Severity, together


def _across(library: Library) -> Iterator[Hit]:
    by_path = {posixpath.normpath(one.file): one for one in library.documents}
    for document in library.documents:
        dead: dict[str, list[int]] = defaultdict(list)
        for link in links_of(document):
            target = _target(document, link, by_path)
            if target is not None and link.anchor and link.anchor.lower() not in target.anchors:
                dead[f"{link.path}#{link.anchor}"].append(link.line)
        if dead:
            yield Hit(
                file=document.file,
                lines=together(line for lines in dead.values() for line in lines),
                message=f"There is no heading for {', '.join(dead)}.",
            )


def _target(document: Document, link: Link, by_path: dict[str, Document]) -> Document | None:
    """Return the document a link leads to, if it is among those that are looked at."""
    if not link.path:
        return document
    folder = posixpath.dirname(document.file)
    return by_path.get(posixpath.normpath(posixpath.join(folder, link.path)))


rule = Rule(
    name="LINK-ANCHOR",
    severity=Severity.WARNING,
    summary="A link to a heading that is not there.",
    across=_across,
)
