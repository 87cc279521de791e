"""ENC-MOJIBAKE: text that was decoded with the wrong table once."""

from __future__ import annotations

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.fix import line_edit
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    lines = [one.line for one in document.runbook.findings if one.code == "repair.mojibake"]
    edits = [line_edit(document, line) for line in lines]
    return one_hit(lines, "Characters were decoded with the wrong table once.", edits=edits)


rule = Rule(
    name="ENC-MOJIBAKE",
    severity=Severity.WARNING,
    summary="Text that was decoded with the wrong table once.",
    look=_look,
)
