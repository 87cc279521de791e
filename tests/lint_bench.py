"""Documents on the bench of the linter: text in, findings out."""

from __future__ import annotations

import re
from pathlib import Path

from tocsin.cli.shellcheck import remarks_on
from tocsin.reading.alert_rules import RuleFile
from tocsin.reading.lint.catalogue import NAMES, rule_named
from tocsin.reading.lint.document import Document, document_of
from tocsin.reading.lint.library import Library
from tocsin.reading.lint.lint import lint
from tocsin.reading.lint.rule import Finding
from tocsin.running.risk import judge

PAGES = Path(__file__).resolve().parents[1] / "docs" / "lint"
_EXAMPLE = re.compile(r"^## (Bad|Good)([^\n]*)\n+````markdown\n(.*?)^````$", re.M | re.S)


def document(text: str, file: str = "book.md") -> Document:
    """Return a text of a test as the rules see it; no link in it leads to a file."""
    return document_of(file, text.encode(), judge)


def found(text: str, *names: str, rule_files: tuple[RuleFile, ...] = ()) -> tuple[Finding, ...]:
    """Return what these rules, or all of them, find in one document."""
    applied = [rule_named(name) for name in names or NAMES]
    documents = (document(text),)
    remarks = remarks_on(documents) if "SH-SHELLCHECK" in names else ()
    return lint(Library(documents=documents, rule_files=rule_files, remarks=remarks), applied)


def lines_of(text: str, name: str) -> list[tuple[int, ...]]:
    """Return the lines of each finding of one rule."""
    return [finding.lines for finding in found(text, name)]


def examples(name: str) -> dict[str, list[str]]:
    """Return the documents on a rule's page under `Bad` and `Good`."""
    page = (PAGES / f"{name}.md").read_text()
    found: dict[str, list[str]] = {"Bad": [], "Good": []}
    for kind, remark, text in _EXAMPLE.findall(page):
        found[kind].append(text.rstrip("\n") if "without its last line end" in remark else text)
    return found
