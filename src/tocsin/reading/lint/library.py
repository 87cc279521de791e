"""Several documents side by side, for what one document alone cannot show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tocsin.core.runbook import Playbook
from tocsin.reading.alert_rules import RuleFile
from tocsin.reading.lint.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What another tool (ShellCheck) says of one line of a document."""

    file: str
    line: int
    code: str  # as that tool calls it: SC2046
    level: str  # error, warning, info, style
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Everything that is linted in one run."""

    documents: tuple[Document, ...]
    rule_files: tuple[RuleFile, ...] = ()
    remarks: tuple[Remark, ...] = ()
    today: date | None = None  # by which a document may be stale; None: nobody asks

    def playbooks(self) -> Iterator[tuple[Document, Playbook]]:
        """Return every playbook with its document."""
        for document in self.documents:
            for playbook in document.runbook.playbooks:
                yield document, playbook
