"""MD-FENCE-BROKEN: a fenced block that Markdown ends elsewhere than a person does."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.fix import line_edit
from tocsin.reading.lint.rule import Hit, Rule, Severity, together


def _look(document: Document) -> Iterator[Hit]:
    yield from _outdented(document)
    for finding in document.runbook.findings:
        if finding.code == "runbook.unclosed_fence":
            message = "The block that begins here is never closed: what follows is lost in it."
            yield Hit(lines=(finding.line,), message=message)


def _outdented(document: Document) -> Iterator[Hit]:
    """Lines indented less than the fence of their list item end the item, and the fence."""
    mended = {one.line for one in document.runbook.findings if one.code == "repair.indent"}
    for block in document.runbook.blocks:
        inside = [line for line in range(block.start + 1, block.end) if line in mended]
        if inside:
            yield Hit(
                lines=together([block.start, inside[0] - 1, *inside, block.end]),
                message=f"Line {inside[0]} is indented less than its fence: the block ends there"
                " for Markdown, and the closing fence opens a new one.",
                edits=tuple(line_edit(document, line) for line in inside),
            )


rule = Rule(
    name="MD-FENCE-BROKEN",
    severity=Severity.ERROR,
    summary="A fenced block that Markdown ends elsewhere than a person does.",
    look=_look,
)
