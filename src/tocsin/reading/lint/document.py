"""A document as the rules look at it: its text, its parts, its facts, its commands."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain

from tocsin.core.risk import Verdict
from tocsin.core.runbook import (
    Block,
    Language,
    Playbook,
    Runbook,
    SeverityLevel,
    Statement,
    Step,
    Where,
)
from tocsin.reading.anchors import anchors
from tocsin.reading.extract.words import Role, role_of, severity_in
from tocsin.reading.lint.calls import Call, calls_of
from tocsin.reading.lint.sqls import Sql, sql_in_call, sql_of
from tocsin.reading.outline import Kind, Part, Section, sections_of
from tocsin.reading.runbook import Source, runbook_of, source_of

_HEADING_MARK = re.compile(r"^\s*#{1,6}\s+|\s+#+\s*$")
_SET_BY_HAND = re.compile(r"(?:\b(?:id|name)=[\"']|\{#)([\w.:-]+)")
_IMPACT = re.compile(
    r"\b(?:outage|down|degrad\w+|loss|users?|customers?|breach|impact|unavailable|broken)\b",
    re.IGNORECASE,
)

Judge = Callable[[Statement], Verdict]
Exists = Callable[[str], bool]


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document; what costs time is computed when a rule first asks for it."""

    file: str
    raw: bytes
    source: Source
    runbook: Runbook
    judge: Judge
    exists: Exists  # whether a relative link, seen from this document, leads to a file

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines as they lie in the file; line 1 is `lines[0]`."""
        return self.source.mended.original

    @property
    def mended_lines(self) -> tuple[str, ...]:
        """The lines as they were parsed."""
        return self.source.mended.lines

    @property
    def parts(self) -> list[Part]:
        """The parts in order."""
        return self.source.parts

    @cached_property
    def sections(self) -> list[Section]:
        """The sections in order, without the root."""
        return sections_of(self.parts)[1:]

    @cached_property
    def prose(self) -> tuple[Part, ...]:
        """The parts that are no fence."""
        return tuple(part for part in self.parts if part.kind is not Kind.FENCE)

    def prose_above(self, line: int) -> Iterator[Part]:
        """Return the parts that are no fence from this line upwards."""
        at = bisect_right(self.prose, line, key=lambda part: part.line)
        return (self.prose[place] for place in range(at - 1, -1, -1))

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement: of the blocks, and the commands written in sentences."""
        found = {
            (one.start, one.text): one for block in self.runbook.blocks for one in block.statements
        }
        for playbook in self.runbook.playbooks:
            for step in playbook.steps:
                found |= {(one.start, one.text): one for one in step.statements}
        return tuple(sorted(found.values(), key=lambda one: (one.start, one.end)))

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Every command the shell statements start, wrapped ones too, in order."""
        return tuple(
            call
            if statement.where is Where.HERE
            else replace(call, around=("inside", *call.around))
            for statement in self.statements
            if statement.language is Language.BASH and statement.where is not Where.FILE
            for call in calls_of(statement)
        )

    def calls_between(self, first: int, end: int) -> tuple[Call, ...]:
        """Return the calls that begin on line `first` or later, and before line `end`."""
        low, high = bisect_left(self._call_lines, first), bisect_left(self._call_lines, end)
        return tuple(call for call in self.calls[low:high] if first <= call.line < end)

    @cached_property
    def _call_lines(self) -> list[int]:
        """The line each call's statement begins on: in order, which those of calls need not be."""
        return [call.statement.start for call in self.calls]

    @cached_property
    def sqls(self) -> tuple[Sql, ...]:
        """Every SQL statement: of fences, and handed to psql, sqlite3 and mysql."""
        found = [
            one
            for statement in self.statements
            if statement.language is Language.SQL
            for one in sql_of(statement)
        ]
        found += [one for call in self.calls for one in sql_in_call(call)]
        return tuple(sorted(found, key=lambda one: one.line))

    @cached_property
    def verdicts(self) -> tuple[tuple[Statement, Verdict], ...]:
        """Every statement with what it may do."""
        return tuple((statement, self.judge(statement)) for statement in self.statements)

    def calls_named(self, *names: str) -> Iterator[Call]:
        """Return the calls of these programs."""
        return (call for call in self.calls if call.name in names)

    @cached_property
    def _block_of(self) -> dict[int, Block]:
        return {
            line: block
            for block in self.runbook.blocks
            for line in range(block.start, block.end + 1)
        }

    def block_at(self, line: int) -> Block | None:
        """Return the fenced block that the line belongs to, its fences included."""
        return self._block_of.get(line)

    def playbook_at(self, line: int) -> Playbook | None:
        """Return the playbook whose section the line is in."""
        inside = None
        for playbook in self.runbook.playbooks:
            if playbook.line <= line <= self.end_of(playbook):
                inside = playbook
        return inside

    def step_at(self, line: int) -> Step | None:
        """Return the last step of its playbook that begins at or above the line."""
        playbook = self.playbook_at(line)
        before = [one for one in playbook.steps if one.line <= line] if playbook else []
        return before[-1] if before else None

    def section_at(self, line: int) -> Section | None:
        """Return the innermost section the line is in."""
        at = bisect_right(self._headings, line)
        return self.sections[at - 1] if at else None

    @cached_property
    def _headings(self) -> list[int]:
        return [section.heading.line for section in self.sections]

    def defines(self, level: SeverityLevel) -> bool:
        """Whether the line of a level says what it means, or by when to respond to it.

        A playbook's field, a table of playbooks and a rule of escalation only use it.
        """
        if level.respond_within is not None:
            return True
        part = next((one for one in self.prose if one.line == level.line), None)
        section = self.section_at(level.line)
        if part is None:
            return False
        escalates = section is not None and role_of(section.title) is Role.ESCALATION
        if escalates and not _IMPACT.search(part.text):
            return False
        named = part.text if part.kind is Kind.HEADING else part.label or "".join(part.cells[:1])
        said = rf"\W*{re.escape(level.id)}\b\W+\w+\W+\w+"
        return severity_in(named) == level.id or bool(re.match(said, part.text))

    def level_end(self, level: SeverityLevel) -> int:
        """Return the last line that belongs to the definition of a level."""
        following = [one.line for one in self.runbook.severities if one.line > level.line]
        section = self.section_at(level.line)
        last = self.section_end(section.heading.line) if section else level.line
        return min([last, *(line - 1 for line in following)])

    @cached_property
    def anchors(self) -> frozenset[str]:
        """What a link may lead to: headings, as mended and as written, and anchors set by hand."""
        headings = [section.heading for section in self.sections]
        written = (_HEADING_MARK.sub("", self.lines[one.line - 1]).strip() for one in headings)
        by_hand = (name for line in self.mended_lines for name in _SET_BY_HAND.findall(line))
        named = chain(anchors(one.text for one in headings), anchors(written), by_hand)
        return frozenset(name.lower() for name in named)

    def end_of(self, playbook: Playbook) -> int:
        """Return the last line of the playbook's section."""
        return self.section_end(playbook.line)

    def section_end(self, heading_line: int) -> int:
        """Return the last line of the section that this heading begins."""
        return self._ends.get(heading_line, heading_line)

    @cached_property
    def _ends(self) -> dict[int, int]:
        """Return the last line of each section by the line of its heading."""
        ends: dict[int, int] = {}
        for place, section in enumerate(self.sections):
            following = (
                other.heading.line - 1
                for other in self.sections[place + 1 :]
                if other.heading.level <= section.heading.level
            )
            ends[section.heading.line] = next(following, len(self.lines))
        return ends


def _placed(calls: list[Call], where: Where) -> list[Call]:
    if where is Where.HERE:
        return calls
    return [replace(call, around=("inside", *call.around)) for call in calls]


def document_of(
    file: str, raw: bytes, judge: Judge, exists: Exists = lambda _target: False
) -> Document:
    """Return the document ready to be looked at.

    Raises:
        Invalid: As `read_runbook`.
    """
    source = source_of(raw)
    runbook = runbook_of(file, source)
    return Document(
        file=file,
        raw=raw,
        source=source,
        runbook=runbook,
        judge=cache(judge),  # several rules ask about the same statement
        exists=exists,
    )
