"""Escalation written as a table: a row per level, columns that say whom and when.

Two forms are common. Either a column says when (`After`, `When to escalate`), or the times
stand in the header (`15 min`, `30 min`) and each cell below names who is called then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from tocsin.core.runbook import EscalationRule
from tocsin.reading.anchors import plain
from tocsin.reading.extract.words import duration_in, severity_in, start_in
from tocsin.reading.outline import Kind, Part

_WHEN = re.compile(
    r"\bwhen\b|\bafter\b|\btim(?:e|ing|eframe|eout)\b|\bcondition|\bcriteria|\btrigger|\bwithin\b",
    re.IGNORECASE,
)
_WHOM = re.compile(
    r"escalate to|\bto\b|\bwhom?\b|contact|notify|responder|target|\brole\b|person|team|primary",
    re.IGNORECASE,
)
_FIRST = re.compile(r"\bfirst\b|\binitial\b|\bprimary\b|\bimmediate|\b(?:level|tier|l) ?1\b", re.I)
_LEVEL = re.compile(r"^(?:severity|sev|priority|level|tier|step|#)$", re.IGNORECASE)
_AT_ONCE = re.compile(r"\bimmediate|\bat once\b|\binstant|\bright away\b|^t?\+?0\b", re.IGNORECASE)
_COLUMN = re.compile(r"^(?:escalat(?:ion|e)|whom? to (?:page|call|notify)|page|notify)\b", re.I)
_PERSON = re.compile(
    r"\b(?:page|notify|call|inform|contact|engineers?|leads?|manage(?:r|ment)|on-?call|team|director"
    r"|c[eti]o|vp|primary|secondary|owner)\b",
    re.IGNORECASE,
)
_CALLS = re.compile(r"(?:page|notify|call|inform|wake)\s+\w", re.IGNORECASE)
_TICK = re.compile(r"^(?:✅|✓|✔\ufe0f?|x|yes)$", re.IGNORECASE)
_NOBODY = re.compile(r"^(?:\W*|n/?a|none|no|not required|nobody)$", re.IGNORECASE)


def rules_of_rows(parts: Iterable[Part]) -> list[EscalationRule]:
    """Return what the rows of escalation tables say, in order."""
    return [rule for part in parts if part.kind is Kind.ROW for rule in _rules_of(part)]


def _rules_of(row: Part) -> list[EscalationRule]:
    columns = [
        (plain(head), plain(cell)) for head, cell in zip(row.header, row.cells, strict=False)
    ]
    ticked = _ticked(row, columns)
    if ticked:
        return ticked
    timed = [(_after(head), cell) for head, cell in columns if duration_in(head)]
    if timed:
        first = [(timedelta(0), cell) for head, cell in columns if _is_first(head)]
        return [
            _rule(row, after, [cell]) for after, cell in first + timed if not _NOBODY.match(cell)
        ]
    return _by_condition(row, columns)


def rules_in_column(row: Part) -> list[EscalationRule]:
    """Return the rule in the column `Escalation` of a row that defines a level."""
    level = severity_in(" ".join(row.cells[:1]))
    said = [
        plain(cell)
        for head, cell in zip(row.header, row.cells, strict=False)
        if _COLUMN.match(plain(head)) or _CALLS.match(plain(cell))
    ]
    if not (level and said) or not _PERSON.search(said[0]):
        return []
    called = _CALLS.match(said[0]) or _AT_ONCE.search(said[0])
    after = duration_in(said[0]) or (timedelta(0) if called else None)
    return [_rule(row, after, said[:1])]


def _ticked(row: Part, columns: list[tuple[str, str]]) -> list[EscalationRule]:
    """Return the rule of a row of ticks: at the first level ticked, whoever the row is about."""
    marked = [head for head, cell in columns[1:] if _TICK.match(cell)]
    if not (marked and _PERSON.search(columns[0][1])):
        return []
    rule = _rule(row, _after(marked[0]), [columns[0][1]])
    return [replace(rule, severity=severity_in(marked[0]))]


def _is_first(head: str) -> bool:
    return bool(_FIRST.search(head)) and duration_in(head) is None


def _by_condition(row: Part, columns: list[tuple[str, str]]) -> list[EscalationRule]:
    """Return the one rule of a row that has a column saying when."""
    when = [cell for head, cell in columns if _WHEN.search(head)]
    whom = [(head, cell) for head, cell in columns if _is_whom(head)]
    pointed = [cell for head, cell in whom if re.search(r"\bto\b", head, re.IGNORECASE)]
    named = pointed[:1] or [cell for _, cell in whom][:1]
    if not when or not named or _NOBODY.match(named[0]):
        return []
    return [_rule(row, _after(when[0]), named)]


def _is_whom(head: str) -> bool:
    return bool(_WHOM.search(head)) and not _WHEN.search(head) and not _LEVEL.match(head)


def _after(words: str) -> timedelta | None:
    since = start_in(words)
    if since is not None:
        return since
    return timedelta(0) if _AT_ONCE.search(words) else duration_in(words)


def _rule(row: Part, after: timedelta | None, targets: list[str]) -> EscalationRule:
    return EscalationRule(
        line=row.line,
        after=after,
        targets=tuple(targets),
        severity=severity_in(" ".join(row.cells)),
        text=plain(" | ".join(row.cells)),
    )
