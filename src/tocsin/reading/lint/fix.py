"""What can be mended without judgement, applied to the text and shown as a diff."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Edit, Finding


def line_edit(document: Document, line: int) -> Edit:
    """Return the edit that puts into a line what reading the document made of it."""
    return Edit(line=line, old=document.lines[line - 1], new=document.mended_lines[line - 1])


def word_edits(document: Document, lines: Iterable[int], old: str, new: str) -> Iterator[Edit]:
    """Yield an edit for each line that holds `old` as often as it is named, and nowhere else.

    A line is named once for every command to mend in it. Where the text stands there more
    often, or another way (as part of a path, spread over lines), a person has to look.
    """
    for line, count in Counter(lines).items():
        if len(_standing(old).findall(document.lines[line - 1])) == count:
            yield Edit(line=line, old=old, new=new)


def _standing(old: str) -> re.Pattern[str]:
    """Return a pattern that finds the text where no other word or path ends in it."""
    return re.compile(rf"(?<![\w./-]){re.escape(old)}")


def mended(text: str, findings: Iterable[Finding]) -> str:
    """Return the text with every edit of the findings made; line ends stay as they are."""
    between = "\r" if "\r" in text and "\n" not in text else "\n"
    end = "\r\n" if "\r\n" in text else between
    lines = text.split(between)
    edits = dict.fromkeys(edit for finding in findings for edit in finding.edits)
    # longest first: a line is mended as a whole before the words in it
    for edit in sorted(edits, key=lambda edit: len(edit.old), reverse=True):
        if edit.line <= len(lines):
            lines[edit.line - 1] = _edited(lines[edit.line - 1], edit, end)
    return between.join(lines)


def _edited(line: str, edit: Edit, end: str) -> str:
    if not edit.old:
        return line + edit.new.replace("\n", end)
    return _standing(edit.old).sub(lambda _: edit.new, line)


def diff(file: str, before: str, after: str) -> str:
    """Return what would change as a unified diff; empty where nothing would."""
    lines = difflib.unified_diff(_lines(before), _lines(after), file, file)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    """Return the lines with their ends, as a version control would tell them apart."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
