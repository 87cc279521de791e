"""Documents on the bench of the linter: text in, findings out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tocsin.cli.shellcheck import remarks_on
from tocsin.reading.alert_rules import read_alert_rules
from tocsin.reading.lint.catalogue import NAMES, rule_named
from tocsin.reading.lint.document import Document, document_of
from tocsin.reading.lint.library import Library
from tocsin.reading.lint.lint import lint
from tocsin.reading.lint.rule import Finding
from tocsin.running.risk import judge

PAGES = Path(__file__).resolve().parents[1] / "docs" / "lint"
TODAY = date(2026, 1, 31)
_MARK = r"^## (?:Bad|Good)(?:,.*)?$"
_HEADING = re.compile(r"^## (Bad|Good)(,.*)?\n((?:(?!" + _MARK + r").*\n)*)", re.M)
_FENCE = re.compile(r"^````(markdown|yaml)\n(.*?)^````$", re.M | re.S)


@dataclass(frozen=True)
class Example:
    """What stands under `Bad` or `Good` on a rule's page: documents, and rules of Prometheus."""

    documents: tuple[str, ...]
    rule_files: tuple[str, ...]

    def found(self, *names: str) -> tuple[Finding, ...]:
        """Return what these rules find in it."""
        return _lint(self, names)


def document(text: str, file: str = "book.md") -> Document:
    """Return a text of a test as the rules see it; no link in it leads to a file."""
    return document_of(file, text.encode(), judge)


def found(text: str, *names: str) -> tuple[Finding, ...]:
    """Return what these rules, or all of them, find in one document."""
    return _lint(Example((text,), ()), names or NAMES)


def lines_of(text: str, name: str) -> list[tuple[int, ...]]:
    """Return the lines of each finding of one rule."""
    return [finding.lines for finding in found(text, name)]


def example(name: str, kind: str) -> Example:
    """Return what a rule's page shows under `Bad` or `Good`."""
    page = (PAGES / f"{name}.md").read_text()
    _, remark, body = next(one for one in _HEADING.findall(page) if one[0] == kind)
    fences = _FENCE.findall(body)
    cut = "without its last line end" in remark
    texts = [text.rstrip("\n") if cut else text for label, text in fences if label == "markdown"]
    return Example(tuple(texts), tuple(text for label, text in fences if label == "yaml"))


def _lint(shown: Example, names: tuple[str, ...]) -> tuple[Finding, ...]:
    documents = tuple(
        document(text, f"{number}.md") for number, text in enumerate(shown.documents, start=1)
    )
    library = Library(
        documents=documents,
        rule_files=tuple(read_alert_rules("alerts.yml", text) for text in shown.rule_files),
        remarks=remarks_on(documents) if "SH-SHELLCHECK" in names else (),
        today=TODAY,
    )
    return lint(library, [rule_named(name) for name in names])
