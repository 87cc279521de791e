"""Who is paged when, and which clocks of the runbook run, without anybody doing anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from tocsin.core.escalation import Ladder, Rung, exhausted_in
from tocsin.core.runbook import (
    Contact,
    EscalationRule,
    Phase,
    ProcessPhase,
    Runbook,
    SeverityLevel,
)
from tocsin.reading.plan.case import Case
from tocsin.reading.plan.entries import Actor, Chapter, Entry, Kind, Source
from tocsin.reading.plan.wording import budget_in, listed, spoken

TAKEN = "somebody has taken it"
MITIGATED = "it is mitigated"
_DAY = timedelta(days=1)
_REVIEWS = re.compile(
    r"post[- ]?mortem|post[- ]?incident|retrospective|review|learn|look back|document|prevent",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"[:→.,]|->|\b(page|notify|contact|call|escalat\w+|tell|inform|create|engage|file|announce|alert)\b",
    re.IGNORECASE,
)
_NOW = timedelta()


def pages(case: Case) -> list[Entry]:
    """Return every page in the order of its time; a third round and more as the second's."""
    if case.duty.ladder is None:
        return sorted(_pages_of_nobody(case), key=_time)
    return sorted(_pages_of_people(case, case.duty.ladder), key=_time)


def _time(entry: Entry) -> timedelta:
    return entry.at or _NOW


def _pages_of_people(case: Case, ladder: Ladder) -> Iterator[Entry]:
    for rung in ladder.rungs:
        yield _page(case, rung)
        if ladder.repeat and not rung.although_acknowledged:
            yield _again(_page(case, rung), ladder)
    yield Entry(
        chapter=Chapter.CLOCKS,
        kind=Kind.PAGE,
        at=exhausted_in(ladder, _NOW),
        text="Everybody has been paged: the incident says so, and rests until there is news",
        unless=TAKEN,
        source=Source.WORKSPACE,
    )


def _page(case: Case, rung: Rung) -> Entry:
    own = rung.although_acknowledged
    unless = MITIGATED if own else TAKEN
    return Entry(
        chapter=Chapter.CLOCKS if rung.after else Chapter.AT_ONCE,
        kind=Kind.PAGE,
        at=rung.after,
        text=_paged(case, rung),
        unless=unless if rung.after else "",
        line=rung.line,
        source=Source.RUNBOOK if rung.line else Source.WORKSPACE,
        detail=_said(case, rung),
        people=rung.people,
        by=Actor.TOCSIN if rung.people else Actor.PERSON,
    )


def _paged(case: Case, rung: Rung) -> str:
    if not rung.people:
        targets = _targets_without_people(case, rung)
        if not targets:
            return "; ".join(_noted(rule) for rule in case.rules if rule.line == rung.line)
        return f"Tell {listed(targets)}: nobody in tocsin.toml has that role"
    verb = "is" if len(rung.people) == 1 else "are"
    ways = dict.fromkeys(case.duty.reach.get(name, "") for name in rung.people)
    return f"{listed(rung.people)} {verb} paged by {listed([way for way in ways if way])}"


def _targets_without_people(case: Case, rung: Rung) -> list[str]:
    rules = [rule for rule in case.rules if rule.line == rung.line]
    targets = [target for rule in rules for target in rule.targets]
    return [each for each in targets if not case.duty.roles.get(each)] or targets


def _said(case: Case, rung: Rung) -> tuple[str, ...]:
    """Return the runbook's words behind a rung."""
    if rung.although_acknowledged:
        return tuple(rule.text for rule in case.rules if rule.line == rung.line)
    if case.level and rung.line:
        return (_answer(case.level),)
    kept = [rule for rule in case.rules if not rung.after and _is_kept(case, rule, rung)]
    return tuple(f"{rule.text} (line {rule.line})" for rule in kept)


def _is_kept(case: Case, rule: EscalationRule, rung: Rung) -> bool:
    """Return whether a rule that wants people paged at once is kept by the policy's first level."""
    people = {name for target in rule.targets for name in case.duty.roles.get(target, ())}
    return rule.after == _NOW and bool(people) and people <= set(rung.people)


def _answer(level: SeverityLevel) -> str:
    return f"{level.id} wants an answer within {spoken(level.respond_within or _NOW)}"


def _again(page: Entry, ladder: Ladder) -> Entry:
    """Return a page of the policy as it comes in the rounds after the first."""
    more = ladder.repeat > 1
    return replace(
        page,
        chapter=Chapter.CLOCKS,
        at=(page.at or _NOW) + ladder.length,
        every=ladder.length if more else None,
        until=exhausted_in(ladder, _NOW) if more else None,
        text=f"{page.text} once more",
        unless=TAKEN,
        line=None,
        source=Source.WORKSPACE,
        detail=(),
    )


def _pages_of_nobody(case: Case) -> Iterator[Entry]:
    """Yield what the document itself says about paging."""
    timed = [rule for rule in case.rules if rule.after is not None]
    if all(rule.after for rule in timed):
        yield Entry(
            chapter=Chapter.AT_ONCE,
            kind=Kind.PAGE,
            at=_NOW,
            text="A page goes to whoever is first in your escalation policy",
            people=("your first level",),
            source=Source.PRODUCT,
        )
    level = case.level
    if level and level.respond_within:
        yield Entry(
            chapter=Chapter.CLOCKS,
            kind=Kind.PAGE,
            at=level.respond_within,
            text="A page goes to whoever is next in your escalation policy",
            people=("your next level",),
            unless=TAKEN,
            line=level.line,
            detail=(_answer(level),),
        )
    for rule in timed:
        yield _rule(case, rule)


def _rule(case: Case, rule: EscalationRule) -> Entry:
    contacts = [_contact(contact) for contact in _contacts(case.runbook, rule)]
    return Entry(
        chapter=Chapter.CLOCKS if rule.after else Chapter.AT_ONCE,
        kind=Kind.PAGE,
        at=rule.after,
        text=f"A page goes to {listed(rule.targets)}" if rule.targets else _noted(rule),
        unless=MITIGATED if rule.after else "",
        line=rule.line,
        detail=((rule.text,) if rule.targets else ()) + tuple(contacts),
        people=rule.targets,
    )


def _contacts(runbook: Runbook, rule: EscalationRule) -> list[Contact]:
    targets = " / ".join(rule.targets).casefold()
    return [each for each in runbook.contacts if each.role and each.role.casefold() in targets]


def _contact(contact: Contact) -> str:
    return f"{contact.role}: {contact.reach} (line {contact.line})"


def deadlines(case: Case) -> list[Entry]:
    """Return the times the document sets for its phases and steps; nobody is paged for them."""
    budgets = dict.fromkeys(_budgets(case))  # a step may be a phase of the process, too
    found = [_deadline(title, line, budget) for title, line, budget in budgets]
    level = case.level
    if level and level.respond_within and not any(page.line == level.line for page in pages(case)):
        found.insert(0, _deadline(_answer(level), level.line, level.respond_within))
    return found


def _deadline(text: str, line: int, budget: timedelta) -> Entry:
    return Entry(
        chapter=Chapter.CLOCKS,
        kind=Kind.DEADLINE,
        by=Actor.PERSON,
        at=budget,
        text=text,
        line=line,
    )


def _budgets(case: Case) -> Iterator[tuple[str, int, timedelta]]:
    severity = case.playbook.severity
    for phase in case.runbook.process:
        for_us = phase.severity in (None, severity)
        if phase.budget and for_us and not is_review(case, phase):
            yield f"“{phase.title}” is due", phase.line, phase.budget
    for step in case.playbook.steps:
        budget = budget_in(step.title)
        if budget and step.phase is not Phase.FOLLOW_UP:
            yield f"“{step.title}” is due", step.line, budget


def is_review(case: Case, phase: ProcessPhase) -> bool:
    """Return whether a phase looks back: it says so, or is the last and has days."""
    last = phase is case.runbook.process[-1]
    return bool(_REVIEWS.search(phase.title)) or (last and (phase.budget or _NOW) >= _DAY)


def conditions(case: Case) -> list[Entry]:
    """Return what the document wants done when something is so that no clock can tell."""
    reminded = [rule for rule in case.rules if rule.after is None]
    ours = set(case.rules)
    others = [rule for rule in case.playbook.escalations if rule not in ours]
    return [
        Entry(
            chapter=Chapter.CONDITIONS,
            kind=Kind.CONDITION,
            by=Actor.PERSON,
            text=_wanted(rule),
            line=rule.line,
            detail=_who(case, rule),
        )
        for rule in sorted((*reminded, *others), key=lambda rule: rule.line)
    ]


def _noted(rule: EscalationRule) -> str:
    return f"The incident says: {rule.text}"


def _wanted(rule: EscalationRule) -> str:
    """Return what a rule asks for; a bare name in a list of them is somebody to turn to."""
    return rule.text if _SAYS.search(rule.text) else f"Turn to {rule.text}"


def _who(case: Case, rule: EscalationRule) -> tuple[str, ...]:
    answering = {target: case.duty.roles.get(target, ()) for target in rule.targets}
    if case.duty.bound:
        return tuple(f"{target}: {listed(names)}" for target, names in answering.items() if names)
    return tuple(_contact(contact) for contact in _contacts(case.runbook, rule))


def silent(case: Case) -> str:
    """Return a remark about clocks that do not run because the severity is not known."""
    clocks = [level for level in case.runbook.severities if level.respond_within]
    ruled = [rule for rule in case.runbook.escalations if rule.severity]
    if case.playbook.severity or not (clocks or ruled):
        return ""
    ids = listed([level.id for level in case.runbook.severities])
    return (
        f"The runbook gives this playbook no severity, so that the clocks of {ids} stand still: "
        "the alert's own label decides; see one with --severity"
    )
