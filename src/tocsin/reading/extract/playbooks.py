"""What a playbook's section says: its alerts, figures, severity, steps and whom to call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tocsin.core.runbook import (
    Constraint,
    EscalationRule,
    Phase,
    Playbook,
    Statement,
    Step,
    Threshold,
)
from tocsin.reading.anchors import plain
from tocsin.reading.extract import thresholds
from tocsin.reading.extract.choosing import is_cause
from tocsin.reading.extract.constraints import constraints_in
from tocsin.reading.extract.embedded import limit_of, rules_of
from tocsin.reading.extract.fields import (
    ALERT_NAME,
    QUOTED,
    alert_in_heading,
    alerts_named,
    is_field,
)
from tocsin.reading.extract.groups import Group, groups_of
from tocsin.reading.extract.people import rule_of, rules_in, rung_of
from tocsin.reading.extract.severities import Scheme
from tocsin.reading.extract.steps import (
    StepDraft,
    group_step,
    is_numbered,
    is_runnable,
    item_steps,
    loose_steps,
)
from tocsin.reading.extract.wholes import response_in
from tocsin.reading.extract.words import Role, longest_in, role_of, severity_in
from tocsin.reading.outline import Kind, Part, Section

_MEANING = re.compile(
    r"(meaning|overview|description|summary|reason|about|alert|what (does|is) (this|the)\b)",
    re.IGNORECASE,
)
_LEVEL_WORD = re.compile(r"critical|emergency|high|major|medium|warning|minor|low|info\b", re.I)
_TOLD = (Role.ALERT, Role.ABOUT, None)  # below these a bullet may be a field
_NAMES_ALERT = re.compile(r"\b(?:alert|alarm)s?\b[^:\"`]{0,80}?:\s*(.*)$", re.IGNORECASE)
_CALLED_ALERT = re.compile(  # "X" (>80%) or "Y" alert
    r"((?:[\"“`][A-Za-z_][\w:.-]*[\"”`](?:\s*\([^()]{0,40}\))?(?:\s*(?:,|/|or\b|and\b)\s*|\s+)){1,9})"
    r"(?:alert|alarm)s?\b",
    re.IGNORECASE,
)
_FIRST_NAME = re.compile(rf"^\W*({ALERT_NAME.pattern})\b")
_CAUSE = re.compile(r"\broot[- ]causes?\b", re.IGNORECASE)
_SEARCH = re.compile(r"investigat|analys|diagnos|identif|find", re.IGNORECASE)
_SHOUT = re.compile(r"^(\*\*|__)[^a-z]+\1$")
_SOAK = re.compile(
    r"\b(?:monitor|watch|observe|soak|stable|healthy|keep an eye)\b[^.\n]{0,80}?\bfor\s+"
    r"(?:at least\s+|another\s+)?"
    r"(?P<length>\d+\s*(?:-|to)?\s*\d*\s*(?:minutes?|mins?|m|hours?|h)\b)",
    re.IGNORECASE,
)
_NAME = 2  # words: what is longer says how the incident shows, and is no alert's name
_OTHER_OPTION = re.compile(
    r"^\W*(?:(?:option|alternative|approach|method)\s*(?:[B-H]|[2-9])\b|alternatively\b|or:)", re.I
)


@dataclass(slots=True)
class Draft:
    """A playbook while it is read, and which step owns each fence (by line)."""

    heading: Part
    cause: bool = False  # whether it is one cause with its fix
    symptoms: list[Part] = field(default_factory=list)
    alerts: list[tuple[str, int]] = field(default_factory=list)
    thresholds: list[Threshold] = field(default_factory=list)
    severity: tuple[str, int] | None = None
    escalations: list[EscalationRule] = field(default_factory=list)
    steps: list[StepDraft] = field(default_factory=list)
    constraints: tuple[Constraint, ...] = ()
    soak: tuple[timedelta, int] | None = None
    rules: list[Part] = field(default_factory=list)  # blocks of alerting rules

    def lines(self) -> set[int]:
        """Return the first line of every part that says something here."""
        lines = {self.heading.line}
        lines.update(part.line for part in (*self.symptoms, *self.rules))
        lines.update(line for _, line in self.alerts)
        lines.update(threshold.line for threshold in self.thresholds)
        lines.update(rule.line for rule in self.escalations)
        lines.update(constraint.line for constraint in self.constraints)
        lines.update(line for _, line in filter(None, (self.severity, self.soak)))
        return lines.union(*(step.lines() for step in self.steps))

    def owners(self) -> dict[int, int]:
        """Return the line of the step that each fence belongs to, by the fence's line."""
        return {fence: step.line for step in reversed(self.steps) for fence in step.fences}


def read_playbook(section: Section, scheme: Scheme) -> Draft:
    """Return what a playbook's section says."""
    draft = Draft(section.heading, cause=is_cause(section))
    heading = plain(section.heading.text)
    response = response_in(section)
    groups = groups_of(section, response)
    for group in groups:
        _take(draft, group, heading, scheme)
    for part in (part for group in groups for part in group.rules):
        _take_rules(draft, part, scheme)
    found = thresholds.in_heading(heading, section.heading.line)
    if found is not None and not draft.thresholds:
        draft.thresholds.append(found)
    named = alert_in_heading(heading)
    if not draft.alerts and named:
        draft.alerts.append((named, section.heading.line))
    if draft.alerts and not draft.thresholds:
        draft.thresholds += _told_in_prose(groups)
    draft.severity = draft.severity or _level_told(section, scheme)
    _tell_early(draft.steps)
    draft.constraints = constraints_in(response)
    draft.soak = _soak(response)
    return draft


def _told_in_prose(groups: Sequence[Group]) -> list[Threshold]:
    """Return the threshold that a sentence about the alert states, before anything is done."""
    for group in groups:
        if group.role not in (Role.ABOUT, Role.ALERT, None):
            break
        lines = [part for part in group.parts if part.kind is Kind.LINE]
        items = [[part] for part in group.parts if part.kind is Kind.ITEM]
        told = [_told(said, group) for said in ([lines, *items] if lines else items)]
        if any(told):
            return [limit for limit in told if limit]
    return []


def _told(lines: Sequence[Part], group: Group) -> Threshold | None:
    text = " ".join(plain(part.text) for part in lines)
    explains = group.role is None or bool(_MEANING.match(group.title))
    found = thresholds.in_sentence(text, lines[0].line, explains=explains)
    return replace(found, line=_line_of(found, lines)) if found else None


def _line_of(threshold: Threshold, lines: Sequence[Part]) -> int:
    """Return the line on which the figure stands; sentences go on over several."""
    value = threshold.value
    figure = f"{value:g}" if isinstance(value, float) else str(value)
    return next((part.line for part in lines if figure in part.text.lower()), threshold.line)


def _tell_early(steps: list[StepDraft]) -> None:
    """Mark the steps up to the first that mends something."""
    for step in steps:
        step.early = True
        if step.mends:
            return


def _role_in(draft: Draft, group: Group) -> Role | None:
    """Return the role of a group behind what was read before it.

    The search for the cause is a part of the response where there are commands for it, or
    where nothing was done against the trouble yet; else it is left for later.
    """
    coded = any(part.kind is Kind.FENCE for part in group.parts)
    if group.role is Role.ABOUT and group.numbered and coded:
        return None  # commands in order are work, whatever stands above them
    if group.role is not Role.FOLLOW_UP or not _CAUSE.search(group.title):
        return group.role
    mended = any(step.phase is Phase.MITIGATE for step in draft.steps)
    looks = coded or (_SEARCH.search(group.title) and not mended)
    return Role.INVESTIGATE if looks else group.role


def _take(draft: Draft, group: Group, heading: str, scheme: Scheme) -> None:
    """Sort one group's content into the draft."""
    group.role = _role_in(draft, group)
    if group.role is Role.ESCALATION:
        draft.escalations += _rule_of_label(group)
    _take_fields(draft, group, heading, scheme)
    group.parts = [part for part in group.parts if not _is_taken(part, group.role)]
    if group.role is Role.SYMPTOMS:
        _take_symptoms(draft, group, heading)
    elif _describes(group):
        _take_symptoms(draft, _shown_in(group), heading)
    elif group.role is Role.ALERT:
        _take_symptoms(draft, group, heading, only_alerts=True)
    elif group.role is Role.ESCALATION:
        rung = rung_of(group.label) if group.heading else None
        draft.escalations += [rung] if rung else rules_in(group.parts)
    elif group.role not in (Role.ABOUT, Role.SEVERITY):
        _take_steps(draft, group)
        _take_warnings(draft, group)


def _take_fields(draft: Draft, group: Group, heading: str, scheme: Scheme) -> None:
    for part in group.parts:
        bullet = part.kind is Kind.ITEM
        if is_field(part) and not part.ordered and (not bullet or group.role in _TOLD):
            _take_field(draft, role_of(part.label), part, heading, scheme)


def _describes(group: Group) -> bool:
    """Return whether a group only says how one cause shows, and asks nobody to do anything."""
    items = [part for part in group.parts if part.kind is Kind.ITEM and not part.level]
    roles = {role_of(part.label) for part in items}
    told = Role.SYMPTOMS in roles and all(part.label and part.rest for part in items)
    return told and group.role is Role.FOLLOW_UP and not roles & {Role.STEPS, Role.MITIGATE}


def _shown_in(group: Group) -> Group:
    """Return a group with nothing but the items that say how it shows."""
    return replace(group, parts=[one for one in group.parts if role_of(one.label) is Role.SYMPTOMS])


def _level_told(section: Section, scheme: Scheme) -> tuple[str, int] | None:
    """Return the level that stands first below a heading `Severity`, and its line."""
    for child in section.children:
        if role_of(child.title) is not Role.SEVERITY or not child.own:
            continue
        words = plain(child.own[0].text)
        level = severity_in(words) or scheme.named(words)
        word = _LEVEL_WORD.match(words)
        if level or word:
            return level or (word[0] if word else ""), child.own[0].line
    return None


def _rule_of_label(group: Group) -> list[EscalationRule]:
    """Return the rule that a lead-in itself states, in its rest or as a whole sentence."""
    if group.label.rest:
        return [rule_of(group.label, severity=None)]
    if group.parts or group.label.kind is not Kind.LEAD:
        return []
    said = rule_of(replace(group.label, label=""), severity=None)
    return [said] if said.targets else []


def _take_rules(draft: Draft, part: Part, scheme: Scheme) -> None:
    """Take the alerts a block of rules defines, with their limits and severity."""
    draft.rules.append(part)
    rules = rules_of(part)
    agreed = len({rule.severity for rule in rules}) == 1
    for rule in rules:
        known = {name for name, _ in draft.alerts}
        draft.alerts += [] if rule.alert in known else [(rule.alert, rule.line)]
        limit = limit_of(rule, part)
        draft.thresholds += [limit] if limit else []
        level = rule.severity
        if agreed and draft.severity is None and level and "{" not in level:
            named = severity_in(level) or scheme.named(level) or level
            draft.severity = (named, rule.line)


def _is_taken(part: Part, role: Role | None) -> bool:
    if not is_field(part) or part.ordered:
        return False
    return part.kind is Kind.LEAD or role in _TOLD


def _take_field(draft: Draft, role: Role | None, part: Part, heading: str, scheme: Scheme) -> None:
    """Take a `Label: value` line."""
    if role is Role.ALERT:
        _take_alert(draft, part, heading)
    elif role is Role.SEVERITY:
        level = severity_in(part.rest) or scheme.named(part.rest) or plain(part.rest)
        draft.severity = (level, part.line)
    elif role is Role.THRESHOLD:
        found = thresholds.stated(plain(part.rest), part.line, heading)
        draft.thresholds += [found] if found else []


def _take_alert(draft: Draft, part: Part, heading: str) -> None:
    """Take `Alert: …`: names, a condition, or a name with its condition in parentheses."""
    words = plain(part.rest)
    figure = thresholds.compared(words, part.line, heading)
    if figure is None or QUOTED.search(part.rest) or ALERT_NAME.match(words):
        draft.alerts += [(name, part.line) for name in alerts_named(part.rest)]
        figure = thresholds.in_parenthesis(words, part.line, heading) or figure
    draft.thresholds += [figure] if figure else []


def _take_symptoms(draft: Draft, group: Group, heading: str, *, only_alerts: bool = False) -> None:
    draft.steps += _looks(group)
    for part in (*_said_of(group), *group.parts):
        if part.kind is not Kind.ITEM or part.level or _SHOUT.match(part.text):
            continue
        sign = len(plain(part.text).split()) > _NAME and not part.label
        if sign or not only_alerts:
            draft.symptoms.append(part)
        draft.alerts += [(name, part.line) for name in _alerts_in(part.text, bare=only_alerts)]
        found = thresholds.in_symptom(plain(part.text), part.line, heading)
        draft.thresholds += [found] if found else []


def _looks(group: Group) -> list[StepDraft]:
    """Return the step that the commands under signs of an incident are: to look for them."""
    fences = [part for part in group.parts if part.label and is_runnable(part)]
    if not (fences and group.title):
        return []
    return [group_step(group.label, group.title, Role.INVESTIGATE, fences)]


def _said_of(group: Group) -> list[Part]:
    """Return what stands behind the label itself, as the item it would be below it."""
    label = group.label
    if not label.rest or label.kind is Kind.HEADING:
        return []
    return [replace(label, kind=Kind.ITEM, text=label.rest, label="", rest="")]


def _alerts_in(text: str, *, bare: bool) -> list[str]:
    called = _CALLED_ALERT.search(text)
    if called is not None:
        return QUOTED.findall(called[1])
    found = _NAMES_ALERT.search(text)
    if found is None and not bare:
        return []
    words = found[1] if found else text
    return QUOTED.findall(words) or _FIRST_NAME.findall(words)


def _take_warnings(draft: Draft, group: Group) -> None:
    for part in group.parts:
        found = thresholds.early_warning(part.text, part.line) if part.kind is Kind.ITEM else None
        draft.thresholds += [found] if found else []


def _take_steps(draft: Draft, group: Group) -> None:
    if not group.title:
        draft.steps += loose_steps(group.parts, group.role)
    elif group.numbered:
        first = next(at for at, part in enumerate(group.parts) if is_numbered(part))
        before = group.parts[:first]
        if any(part.kind is Kind.FENCE for part in before):
            draft.steps.append(group_step(group.label, group.title, group.role, before))
        draft.steps += item_steps(group.parts[first:], group.role)
    elif group.checklist:
        draft.steps += loose_steps(group.parts, group.role)
    elif not group.empty or group.told:
        draft.steps.append(group_step(group.label, group.title, group.role, group.parts))


def _soak(response: list[Part]) -> tuple[timedelta, int] | None:
    """Return how long the playbook says to watch before all is well, and where."""
    for part in response:
        if part.label and role_of(part.label) is Role.THRESHOLD:
            continue
        found = _SOAK.search(part.text)
        length = longest_in(found["length"]) if found else None
        if found and length:
            offset = part.text.count("\n", 0, found.start())
            return length, part.line + offset + (part.kind is Kind.FENCE)
    return None


def finished(
    draft: Draft,
    statements: dict[int, tuple[Statement, ...]],
    *,
    anchors: tuple[str, ...],
    inferred: tuple[str, int] | None,
    sent: Sequence[tuple[str, int]],
) -> Playbook:
    """Return the playbook.

    Args:
        draft: What its section says.
        statements: By the line of their fence.
        anchors: Of its heading, the one that counts first.
        inferred: The severity it has by where it stands, and the line that says so.
        sent: The alerts that a table sends here, for a section that names none.
    """
    severity = draft.severity or inferred
    alerts = draft.alerts or sent
    return Playbook(
        heading=draft.heading.text,
        line=draft.heading.line,
        anchor=anchors[0],
        anchors=anchors[1:],
        severity=severity[0] if severity else None,
        severity_line=severity[1] if severity else None,
        severity_inferred=draft.severity is None and severity is not None,
        alerts=tuple(name for name, _ in alerts),
        alert_lines=tuple(line for _, line in alerts),
        thresholds=tuple(draft.thresholds),
        symptoms=tuple(part.line for part in draft.symptoms),
        symptom_texts=tuple(plain(part.text) for part in draft.symptoms),
        steps=tuple(_step(step, statements) for step in draft.steps),
        escalations=tuple(draft.escalations),
        constraints=draft.constraints,
        soak=draft.soak[0] if draft.soak else None,
        soak_line=draft.soak[1] if draft.soak else None,
    )


def _step(step: StepDraft, statements: dict[int, tuple[Statement, ...]]) -> Step:
    fenced = [one for fence in step.fences for one in statements.get(fence, ())]
    return Step(
        title=step.title,
        line=step.line,
        phase=step.phase,
        text="\n".join(step.text),
        statements=tuple(sorted([*step.spoken, *fenced], key=lambda one: one.start)),
        condition=step.condition,
        alternative=bool(_OTHER_OPTION.match(step.title)),
    )
