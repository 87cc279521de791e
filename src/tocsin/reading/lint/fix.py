"""What can be mended without judgement, applied to the text and shown as a diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from tocsin.reading.lint.rule import Edit, Finding


def mended(text: str, findings: Iterable[Finding]) -> str:
    """Return the text with every edit of the findings made; line ends stay as they are."""
    lines = text.split("\n")
    for edit in dict.fromkeys(edit for finding in findings for edit in finding.edits):
        if 1 <= edit.line <= len(lines):
            lines[edit.line - 1] = _edited(lines[edit.line - 1], edit)
    return "\n".join(lines)


def _edited(line: str, edit: Edit) -> str:
    return line.replace(edit.old, edit.new, 1) if edit.old else line + edit.new


def diff(file: str, before: str, after: str) -> str:
    """Return what would change as a unified diff; empty where nothing would."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), file, file
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
