"""Several documents side by side, for what one document alone cannot show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tocsin.core.runbook import Playbook
from tocsin.reading.lint.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAlert:
    """An alert that a rule file of Prometheus defines."""

    name: str
    file: str
    line: int
    runbook_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Everything that is linted in one run."""

    documents: tuple[Document, ...]
    alerts: tuple[KnownAlert, ...] = ()
    files: frozenset[str] = field(default=frozenset())  # existing link targets, as written paths

    def playbooks(self) -> Iterator[tuple[Document, Playbook]]:
        """Return every playbook with its document."""
        for document in self.documents:
            for playbook in document.runbook.playbooks:
                yield document, playbook
