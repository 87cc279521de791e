"""What a runbook says, for a person: every fact behind the line it stands on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache

from tocsin.cli.judging import Judge
from tocsin.cli.output import Paint, many, painted, plain, visible
from tocsin.core.risk import Verdict
from tocsin.core.runbook import (
    Contact,
    EscalationRule,
    Passage,
    Playbook,
    Runbook,
    SeverityLevel,
    Statement,
    Step,
)
from tocsin.core.times import write_duration
from tocsin.reading.figures import in_words

_BOLD = painted(bold=True)
_FAINT = painted(dim=True)
_BY_ITSELF = painted(fg="green")
_ASKS = painted(fg="yellow")
_LONGEST = 100  # characters of one text


def overview(runbook: Runbook, judge: Judge) -> Iterator[str]:
    """Return the lines of the overview; the last one says how much was understood.

    Args:
        runbook: As it was read.
        judge: Says what a statement may do; it is asked once of each.
    """
    judge = cache(judge)  # a statement is counted first, and shown later
    yield f"{visible(runbook.file)}: {_BOLD(visible(runbook.title or 'no title'))}"
    yield _count(runbook, judge)
    for playbook in runbook.playbooks:
        yield ""
        yield from _playbook(playbook, judge)
    for title, rows in _rest(runbook).items():
        if rows:
            yield ""
            yield f"        {_BOLD(title)}"
            yield from rows
    yield ""
    yield _understood(runbook)
    yield ""


def _row(line: int | None, label: str, text: str, paint: Paint = plain) -> str:
    """Return one fact behind its line."""
    where = str(line) if line else ""
    return f"{_FAINT(f'{where:>6}')}    {label:<13}{paint(_short(text))}".rstrip()


def _short(text: str) -> str:
    shown = visible(" ".join(text.split()))
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _count(runbook: Runbook, judge: Judge) -> str:
    steps = [step for playbook in runbook.playbooks for step in playbook.steps]
    statements = {one for block in runbook.blocks for one in block.statements}
    statements |= {one for step in steps for one in step.statements}
    unattended = sum(judge(statement).auto for statement in statements)
    return (
        f"{many(len(runbook.playbooks), 'playbook')}, "
        f"{many(len(statements), 'statement')}, {unattended} would run unattended"
    )


# one playbook


def _playbook(playbook: Playbook, judge: Judge) -> Iterator[str]:
    severity = f"  [{visible(playbook.severity)}]" if playbook.severity else ""
    yield f"{_FAINT(f'{playbook.line:>6}')}  {_BOLD(visible(playbook.heading))}{severity}"
    for alert, line in zip(playbook.alerts, playbook.alert_lines, strict=True):
        yield _row(line, "alert", alert)
    for threshold in playbook.thresholds:
        yield _row(threshold.line, "threshold", in_words(threshold))
    for line, text in zip(playbook.symptoms, playbook.symptom_texts, strict=True):
        yield _row(line, "symptom", text)
    for step in playbook.steps:
        yield from _step(step, judge)
    for rule in playbook.escalations:
        yield _row(rule.line, "escalation", _rule(rule))
    for constraint in playbook.constraints:
        yield _row(constraint.line, "constraint", constraint.text)
    if playbook.soak:
        watched = f"for {write_duration(playbook.soak)} before it is resolved"
        yield _row(playbook.soak_line, "watched", watched)


def _step(step: Step, judge: Judge) -> Iterator[str]:
    condition = f" ({step.condition})" if step.condition else ""
    yield _row(step.line, step.phase.value, step.title + condition)
    for statement in step.statements:
        yield _statement(statement, judge(statement))


def _statement(statement: Statement, verdict: Verdict) -> str:
    said = f"{verdict.risk.value}, {'by itself' if verdict.auto else 'asks'}"
    paint = _BY_ITSELF if verdict.auto else _ASKS
    choice = "or: " if statement.alternative else ""
    where = _FAINT(f"{statement.start:>6}")
    return f"{where}      {paint(f'{said:<19}')}{choice}{_short(statement.text)}"


def _rule(rule: EscalationRule) -> str:
    """Return when a rule is due, where it is a time, and what it says."""
    if rule.after is None:
        return rule.text
    when = f"after {write_duration(rule.after)}" if rule.after else "at once"
    return f"{when} · {rule.text}"


# the document around them


def _rest(runbook: Runbook) -> dict[str, list[str]]:
    within = {rule.line for playbook in runbook.playbooks for rule in playbook.escalations}
    general = [rule for rule in runbook.escalations if rule.line not in within]
    return {
        "Levels": [_level(level) for level in runbook.severities],
        "Escalation": [_row(rule.line, rule.severity or "", _rule(rule)) for rule in general],
        "Process": [
            _row(phase.line, _length(phase.budget), phase.title) for phase in runbook.process
        ],
        "People": [_contact(contact) for contact in runbook.contacts],
        "Messages": [
            _row(one.line, "message", f"{one.name}: {', '.join(one.placeholders) or 'no blanks'}")
            for one in runbook.templates
        ],
        "Post-mortem": [_row(None, "section", title) for title in runbook.postmortem],
        "Findings": [_row(one.line, "", f"{one.message} ({one.code})") for one in runbook.findings],
    }


def _level(level: SeverityLevel) -> str:
    said = []
    if level.respond_within is not None:
        said.append(f"respond within {write_duration(level.respond_within)}")
    if level.update_every is not None:
        said.append(f"update every {write_duration(level.update_every)}")
    return _row(level.line, level.id, ", ".join(said))


def _contact(contact: Contact) -> str:
    reach = "nobody can be reached by this" if contact.placeholder else contact.reach
    return _row(contact.line, "contact", f"{contact.role}: {reach}")


def _length(length: timedelta | None) -> str:
    return write_duration(length) if length else ""


# what is left


def _understood(runbook: Runbook) -> str:
    """Return how much of the document is more than prose to the reader."""
    share = runbook.understood * 100 // runbook.lines if runbook.lines else 100
    said = f"understood {runbook.understood} of {many(runbook.lines, 'line')} ({share} %)"
    if not runbook.prose:
        return said
    return f"{said}; left as prose: lines {', '.join(map(_span, runbook.prose))}"


def _span(passage: Passage) -> str:
    one = passage.start == passage.end
    return str(passage.start) if one else f"{passage.start}-{passage.end}"
