"""MD-NO-EOL: the last line has no line end."""

from __future__ import annotations

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Edit, Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    lines = [one.line for one in document.runbook.findings if one.code == "repair.newline"]
    edits = [Edit(line=line, old="", new="\n") for line in lines]
    return one_hit(lines, "The file ends in the middle of a line.", edits=edits)


rule = Rule(
    name="MD-NO-EOL",
    severity=Severity.INFO,
    summary="The last line has no line end.",
    look=_look,
)
