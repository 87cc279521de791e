"""What would happen if an alert fired now, as values: told by `plan_of`, shown by the others.

An entry is one thing that happens or has to be done, with who does it, when, and the line
that says so. Texts are as the document writes them: whoever shows them makes them harmless.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tocsin.core.run import RunState
from tocsin.core.runbook import Language


class Chapter(StrEnum):
    """The parts of a plan, in the order they are read."""

    AT_ONCE = "at once"
    CLOCKS = "as time passes"  # without anybody doing anything
    SYMPTOMS = "symptoms"
    NOTES = "notes"  # what the reader understood nothing of
    PEOPLE = "for you"
    CONDITIONS = "if"
    RECOVERY = "recovery"
    AFTERWARDS = "afterwards"


class Kind(StrEnum):
    """What an entry is about."""

    ALERT = "alert"
    INCIDENT = "incident"
    FORBIDDEN = "forbidden"
    PAGE = "page"
    LOOK = "look"  # statements that run unattended
    STEP = "step"  # for a person: to approve, or to do by hand
    DEADLINE = "deadline"
    MESSAGE = "message"
    SYMPTOM = "symptom"
    NOTE = "note"
    CONDITION = "condition"
    WATCH = "watch"
    REVIEW = "review"


class Actor(StrEnum):
    """Who does it."""

    TOCSIN = "tocsin"
    PERSON = "you"


class Source(StrEnum):
    """What says so."""

    RUNBOOK = "runbook"
    WORKSPACE = "tocsin.toml"
    PRODUCT = "tocsin"  # it does so for every incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One statement of a step: what becomes of it, and exactly what would run."""

    line: int
    state: RunState  # ready, held, waiting or manual
    then: str  # the same in words: "waits for your approval"
    text: str  # the bytes that would run: the bounded form where there is one
    language: Language
    written: str = ""  # as the runbook has it, where that differs
    target: str = ""  # where; empty while nobody is bound
    label: str = ""  # what the runbook says it is for
    why: tuple[str, ...] = ()  # the reasons, the deciding one first
    alternative: bool = False  # instead of the one before, not after it


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the plan."""

    chapter: Chapter
    kind: Kind
    text: str  # what happens, or what the runbook calls it
    by: Actor = Actor.TOCSIN
    at: timedelta | None = None  # after the alert; None: when something has happened
    every: timedelta | None = None  # and again after each of these
    until: timedelta | None = None  # but only before this; None: until it is over
    unless: str = ""  # what keeps it from happening
    line: int | None = None  # of the runbook; None where something else says so
    source: Source = Source.RUNBOOK
    detail: tuple[str, ...] = ()  # what else is said about it
    people: tuple[str, ...] = ()  # who is paged: names, or roles while nobody is bound
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One chapter of a plan."""

    chapter: Chapter
    title: str
    entries: tuple[Entry, ...]
    said: str = ""  # what holds for all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would happen for one playbook."""

    file: str
    sha256: str  # of the document
    heading: str
    line: int
    anchor: str
    alerts: tuple[str, ...]
    severity: str | None
    rank: int  # of the severity in its own scheme: 0 is the worst, and where it is not known
    severity_line: int | None  # None: it was given, or the document does not say
    service: str  # of tocsin.toml; empty while nobody is bound
    sections: tuple[Section, ...]
    remarks: tuple[str, ...] = ()  # what the reader of the plan must know first

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, in the order of the chapters."""
        return tuple(entry for section in self.sections for entry in section.entries)

    def chapter(self, chapter: Chapter) -> tuple[Entry, ...]:
        """Return the entries of one chapter, in order."""
        return tuple(entry for entry in self.entries if entry.chapter is chapter)

    def runs(self, chapter: Chapter, state: RunState) -> list[Run]:
        """Return the statements of a chapter of which this becomes, in order."""
        runs = [run for entry in self.chapter(chapter) for run in entry.runs]
        return [run for run in runs if run.state is state]
