"""What a rule is, what it reports, and how a text is mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.library import Library


class Severity(StrEnum):
    """How much a finding matters to the person on duty."""

    ERROR = "error"  # the runbook fails, or does harm, when it is followed
    WARNING = "warning"  # it misleads, or works only sometimes
    INFO = "info"  # worth knowing


WORST_FIRST = (Severity.ERROR, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One replacement without judgement: `old` becomes `new` wherever it stands in that line.

    Where `old` is empty, `new` comes behind the line.
    """

    line: int
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What one rule found in one document: one cause, with all its lines."""

    lines: tuple[int, ...]
    message: str
    severity: Severity | None = None  # where it is not the rule's own
    edits: tuple[Edit, ...] = ()
    file: str = ""  # for a rule across files: the document it speaks of


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that can be wrong. `look` sees one document, `across` sees all of them."""

    name: str
    severity: Severity
    summary: str  # one sentence, for lists and for SARIF
    look: Callable[[Document], Iterable[Hit]] | None = None
    across: Callable[[Library], Iterable[Hit]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A hit as it is reported."""

    rule: str
    severity: Severity
    file: str
    lines: tuple[int, ...]
    message: str
    edits: tuple[Edit, ...] = ()


def together(lines: Iterable[int]) -> tuple[int, ...]:
    """Return the lines of one cause: each once, in order."""
    return tuple(sorted(set(lines)))


def one_hit(
    lines: Iterable[int],
    message: str,
    *,
    severity: Severity | None = None,
    edits: Iterable[Edit] = (),
) -> list[Hit]:
    """Return one hit over all `lines`, or none where there is no line."""
    found = together(lines)
    return (
        [Hit(lines=found, message=message, severity=severity, edits=tuple(edits))] if found else []
    )
