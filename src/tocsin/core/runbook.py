"""A runbook as values: what a team's Markdown document says, with the line of each fact.

Lines are 1-based lines of the original file, also where the text had to be repaired before
it could be parsed. `reading` builds these values; everybody else only looks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Phase(StrEnum):
    """What a step is for."""

    INVESTIGATE = "investigate"
    MITIGATE = "mitigate"
    VERIFY = "verify"
    FOLLOW_UP = "follow-up"


class Language(StrEnum):
    """What a statement is written in."""

    BASH = "bash"
    SQL = "sql"
    PROMQL = "promql"
    HTTP = "http"  # a GET or HEAD written as curl
    REDIS = "redis"  # one command written as redis-cli


class Where(StrEnum):
    """What a statement is written into."""

    HERE = "here"  # a shell, or what the language of the statement says
    INSIDE = "inside"  # what an earlier line of its block opens: `ssh host`, `psql`
    FILE = "file"  # a file: it is a setting, and as a command it would do nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One executable piece of a step: a shell statement, a SQL statement, a query."""

    start: int  # first line in the file
    end: int  # last line in the file
    language: Language
    text: str  # exactly as written, without the fence's indentation
    label: str = ""  # the comment above it, which says what it is for
    alternative: bool = False  # the label says "Or …": instead of the one before, not after it
    where: Where = Where.HERE
    guard: str = ""  # the sentence around it, where that asks for care: it waits for a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block."""

    start: int  # line of the opening fence
    end: int  # line of the closing fence; the last line of the file if it was never closed
    label: str | None  # the fence's info word as written
    text: str
    statements: tuple[Statement, ...] = ()
    playbook_line: int | None = None
    step_line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One instruction of a playbook: a numbered item or a labelled group."""

    title: str
    line: int
    phase: Phase
    text: str = ""  # the prose and bullets below the title, as written, without fences
    statements: tuple[Statement, ...] = ()
    condition: str = ""  # "(if not responding)" after the title: when this step applies
    alternative: bool = False  # "Option B": instead of the step before, not after it


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A figure the document ties to a playbook: `>5% error rate for 5 minutes`."""

    line: int
    metric: str
    comparator: str  # one of > >= < <= == between
    value: float | str | tuple[float, float]
    unit: str
    lasting: timedelta | None = None  # how long it must hold before it counts


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityLevel:
    """One level of this document's own scheme. Schemes of two documents are never merged."""

    id: str  # as the document calls it: P0, SEV-1
    line: int
    respond_within: timedelta | None = None
    respond_line: int | None = None  # where that is said
    update_every: timedelta | None = None  # between two messages to those who wait
    rank: int = 0  # 0 is the worst


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRule:
    """When, whom and at which severity: `No improvement after 15 min: escalate to the lead`."""

    line: int
    after: timedelta | None  # zero: at once; None: on a condition that is not a time
    targets: tuple[str, ...]
    severity: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody the document names."""

    role: str
    line: int
    reach: str = ""
    placeholder: bool = False  # nobody can be reached by what is written


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessPhase:
    """One phase of the general response process and its time budget."""

    title: str
    line: int
    budget: timedelta | None = None
    severity: str | None = None  # the only level the budget is for, where it names one


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """What nobody may do, or only with care: `Do not delete the journal`."""

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplate:
    """A message to send, with the blanks to fill in."""

    name: str
    line: int
    text: str = ""
    placeholders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Lines that became part of nothing else: kept as they are, and shown."""

    start: int
    end: int
    text: str
    section: int = 0  # line of the heading it stands under; 0 above the first heading

    @property
    def count(self) -> int:
        """How many of its lines are not blank."""
        return sum(bool(line.strip()) for line in self.text.split("\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """One section of a runbook: how to respond to one kind of incident."""

    heading: str  # as written, its number included
    line: int
    anchor: str  # GitHub's anchor of the heading
    anchors: tuple[str, ...] = ()  # further anchors that lead here (before and after repair)
    severity: str | None = None
    severity_line: int | None = None
    severity_inferred: bool = False
    alerts: tuple[str, ...] = ()
    alert_lines: tuple[int, ...] = ()  # where each of `alerts` is named, in the same order
    thresholds: tuple[Threshold, ...] = ()
    symptoms: tuple[int, ...] = ()
    symptom_texts: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    escalations: tuple[EscalationRule, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    soak: timedelta | None = None  # "monitor for 30 minutes": watch this long before resolved
    soak_line: int | None = None
    notes: tuple[Passage, ...] = ()  # what is left of it as prose


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something the reader repaired or could not make sense of: said, never swallowed."""

    code: str
    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """One Markdown document of a team."""

    file: str
    sha256: str  # of the bytes as they lie on disk
    title: str = ""
    severities: tuple[SeverityLevel, ...] = ()
    process: tuple[ProcessPhase, ...] = ()
    playbooks: tuple[Playbook, ...] = ()
    escalations: tuple[EscalationRule, ...] = ()  # all of the document, playbooks' included
    contacts: tuple[Contact, ...] = ()
    templates: tuple[MessageTemplate, ...] = ()
    postmortem: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    findings: tuple[Finding, ...] = field(default=())
    lines: int = 0  # that are not blank
    prose: tuple[Passage, ...] = ()  # what became part of none of the above

    @property
    def understood(self) -> int:
        """How many lines became part of something other than prose."""
        return self.lines - sum(passage.count for passage in self.prose)

    def playbook(self, anchor: str) -> Playbook | None:
        """Return the playbook that `anchor` leads to, or None."""
        for playbook in self.playbooks:
            if anchor == playbook.anchor or anchor in playbook.anchors:
                return playbook
        return None

    def rules_for(
        self, playbook: Playbook | None, severity: str | None
    ) -> tuple[EscalationRule, ...]:
        """Return the rules that hold for an incident, the playbook's own first.

        Those of its playbook that name no other severity, and those outside any playbook that
        name its own.
        """
        theirs = {rule for each in self.playbooks for rule in each.escalations}
        own = playbook.escalations if playbook else ()
        general = [rule for rule in self.escalations if rule not in theirs and rule.severity]
        return (
            *(rule for rule in own if rule.severity in (None, severity)),
            *(rule for rule in general if rule.severity == severity),
        )

    def severity(self, level: str | None) -> SeverityLevel | None:
        """Return the level called `level` in this document's scheme, or None."""
        return next((severity for severity in self.severities if severity.id == level), None)
