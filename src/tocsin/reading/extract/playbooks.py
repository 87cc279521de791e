"""Which sections are playbooks, and what each says to do.

A section is a playbook by its structure: directly below it stand groups that say how the
incident shows and what to do about it. The words of a document's own titles never matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta

from tocsin.core.runbook import EscalationRule, Phase, Playbook, Statement, Step, Threshold
from tocsin.reading.anchors import plain
from tocsin.reading.extract import thresholds
from tocsin.reading.extract.people import rules_in
from tocsin.reading.extract.severities import Scheme
from tocsin.reading.extract.words import PHASES, Role, longest_in, role_of, severity_in
from tocsin.reading.outline import Kind, Part, Section

_GENERAL = re.compile(
    r"\bprocess\b|\bworkflow\b|\blifecycle\b|\bgeneral\b|severit|\bcontacts?\b|communication"
    r"|template|post[- ]?(mortem|incident)|quick ref|\bmaintenance\b|table of contents|glossary",
    re.IGNORECASE,
)
_CORE = {Role.SYMPTOMS, Role.ALERT, Role.THRESHOLD, Role.INVESTIGATE, Role.MITIGATE}
_TELLING = {Role.SYMPTOMS, Role.ALERT, Role.THRESHOLD}
_TO_DO = {Role.INVESTIGATE, Role.MITIGATE, Role.VERIFY}
_ALERT_NAME = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*[A-Z][A-Za-z0-9_]*")
_NAMES_ALERT = re.compile(r"\b(?:alert|alarm)s?\b[^:\"`]{0,80}?:\s*(.*)$", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“`]([A-Za-z_][\w:.-]*)[\"”`]")
_SHOUT = re.compile(r"^\*\*[^a-z]+\*\*$")
_VERIFIES = re.compile(
    r"^(verify|confirm|validate|re-?check|make sure|ensure)\b|^test\b.*\b(integrity|restore|fix)\b",
    re.IGNORECASE,
)
_SOAK = re.compile(
    r"\b(?:monitor|watch|observe|soak|stable|healthy|keep an eye)\b[^.\n]{0,80}?\bfor\s+"
    r"(?:at least\s+|another\s+)?"
    r"(?P<length>\d+\s*(?:-|to)?\s*\d*\s*(?:minutes?|mins?|m|hours?|h)\b)",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"^(if|when|only|unless|while|in case|use with|once)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"^(?:\*\*)?\d+(?:\.\d+)*[.)]\s+")


def playbooks_among(sections: list[Section]) -> list[Section]:
    """Return the sections that are playbooks; one inside another is a part of it."""
    found: list[Section] = []
    taken: set[int] = set()
    for section in sections[1:]:
        inside = any(id(above) in taken for above in section.ancestors())
        if not inside and _is_playbook(section):
            found.append(section)
            taken.add(id(section))
    return found


def _is_playbook(section: Section) -> bool:
    if _GENERAL.search(section.title):
        return False
    roles = _direct_roles(section)
    if section.heading.level == 1 and not roles & _TELLING:
        return bool(_ALERT_NAME.fullmatch(section.title)) and bool(roles & _TO_DO)
    if roles & _TELLING:
        return bool(roles & _TO_DO) or any(part.ordered for part in section.own)
    return {Role.INVESTIGATE, Role.MITIGATE} <= roles


def _direct_roles(section: Section) -> set[Role]:
    """Return the roles of the groups right below a section."""
    titles = [child.title for child in section.children if not _is_numbered(child)]
    titles += [part.label for part in section.own if part.kind is Kind.LEAD]
    titles += [part.label for part in section.own if part.kind is Kind.ITEM and part.rest]
    roles = {role for title in titles if (role := role_of(title))}
    return roles & (_CORE | {Role.VERIFY})


def _is_numbered(section: Section) -> bool:
    return bool(_NUMBERED.match(section.title))


@dataclass(slots=True)
class _Group:
    """One label of a playbook with what stands below it, up to the next label."""

    label: Part
    title: str
    role: Role | None
    heading: bool
    parts: list[Part] = field(default_factory=list)

    @property
    def numbered(self) -> bool:
        return any(
            part.kind is Kind.ITEM and part.ordered and not part.level for part in self.parts
        )

    @property
    def empty(self) -> bool:
        return not any(part.kind in (Kind.ITEM, Kind.FENCE) for part in self.parts)


@dataclass(slots=True)
class Draft:
    """A playbook while it is read, and which step owns each fence (by line)."""

    heading: Part
    symptoms: list[Part] = field(default_factory=list)
    alerts: list[tuple[str, int]] = field(default_factory=list)
    thresholds: list[Threshold] = field(default_factory=list)
    severity: tuple[str, int] | None = None
    escalations: list[EscalationRule] = field(default_factory=list)
    steps: list[_StepDraft] = field(default_factory=list)
    soak: tuple[timedelta, int] | None = None

    def step_of(self, fence_line: int) -> int | None:
        """Return the line of the step a fence belongs to, or None."""
        owners = (step.line for step in self.steps if fence_line in step.fences)
        return next(owners, None)


@dataclass(slots=True)
class _StepDraft:
    title: str
    line: int
    phase: Phase
    condition: str
    text: list[str] = field(default_factory=list)
    fences: list[int] = field(default_factory=list)


def read_playbook(section: Section, scheme: Scheme) -> Draft:
    """Return what a playbook's section says."""
    draft = Draft(section.heading)
    heading = plain(section.heading.text)
    for group in _groups(section):
        _take(draft, group, heading, scheme)
    found = thresholds.in_heading(heading, section.heading.line)
    if found is not None and not draft.thresholds:
        draft.thresholds.append(found)
    if not draft.alerts and _ALERT_NAME.fullmatch(heading):
        draft.alerts.append((heading, section.heading.line))
    draft.soak = _soak(section)
    return draft


def _groups(section: Section) -> list[_Group]:
    """Return the groups in order; one without a role of its own inherits the one around it."""
    groups = [_Group(section.heading, "", None, heading=True)]
    around: Role | None = None
    for part in section.parts():
        if part.kind not in (Kind.HEADING, Kind.LEAD):
            groups[-1].parts.append(part)
            continue
        last = groups[-1]
        if last.role and (last.heading or last.empty or last.numbered):
            around = last.role
        heading = part.kind is Kind.HEADING
        title = plain(part.text) if heading else part.label
        role = role_of(title)
        if around in (Role.SYMPTOMS, Role.ESCALATION, Role.ABOUT, None) and role is None:
            inherited = None
        else:
            inherited = around
        groups.append(_Group(part, title, role or inherited, heading))
    return groups


def _take(draft: Draft, group: _Group, heading: str, scheme: Scheme) -> None:
    """Sort one group's content into the draft."""
    if group.label.rest and _take_field(draft, group.role, group.label, heading, scheme):
        return
    for part in group.parts:
        if part.kind is Kind.ITEM and part.label and part.rest and group.role is None:
            _take_field(draft, role_of(part.label), part, heading, scheme)
    if group.role is Role.SYMPTOMS:
        _take_symptoms(draft, group, heading)
    elif group.role is Role.ALERT:
        _take_symptoms(draft, group, heading, only_alerts=True)
    elif group.role is Role.ESCALATION:
        draft.escalations += rules_in(group.parts)
    elif group.role is not Role.ABOUT:
        _take_steps(draft, group)
        _take_warnings(draft, group)


def _take_field(draft: Draft, role: Role | None, part: Part, heading: str, scheme: Scheme) -> bool:
    """Take a `Label: value` line; return whether it was one of those we know."""
    if role is Role.ALERT:
        names = _QUOTED.findall(part.rest) or re.findall(r"[A-Za-z_][\w:.-]*", part.rest)[:1]
        draft.alerts += [(name, part.line) for name in names]
    elif role is Role.SEVERITY:
        level = severity_in(part.rest) or scheme.named(part.rest) or plain(part.rest)
        draft.severity = (level, part.line)
    elif role is Role.THRESHOLD:
        found = thresholds.stated(plain(part.rest), part.line, heading)
        draft.thresholds += [found] if found else []
    else:
        return role is Role.ABOUT
    return True


def _take_symptoms(draft: Draft, group: _Group, heading: str, *, only_alerts: bool = False) -> None:
    for part in group.parts:
        if part.kind is not Kind.ITEM or part.level or _SHOUT.match(part.text):
            continue
        if not only_alerts:
            draft.symptoms.append(part)
        draft.alerts += [(name, part.line) for name in _alerts_in(part.text, bare=only_alerts)]
        found = thresholds.in_symptom(plain(part.text), part.line, heading)
        draft.thresholds += [found] if found else []


def _alerts_in(text: str, *, bare: bool) -> list[str]:
    found = _NAMES_ALERT.search(text)
    if found is None and not bare:
        return []
    words = found[1] if found else text
    return _QUOTED.findall(words) or re.findall(rf"\b{_ALERT_NAME.pattern}\b", words)[:1]


def _take_warnings(draft: Draft, group: _Group) -> None:
    for part in group.parts:
        found = thresholds.early_warning(part.text, part.line) if part.kind is Kind.ITEM else None
        draft.thresholds += [found] if found else []


def _take_steps(draft: Draft, group: _Group) -> None:
    if group.numbered:
        _take_numbered(draft, group)
    elif group.title and not group.empty:
        phase = PHASES.get(group.role or Role.INVESTIGATE, Phase.INVESTIGATE)
        step = _StepDraft(
            title=group.title,
            line=group.label.line,
            phase=phase,
            condition=_condition(group.title, group.label.qualifier),
        )
        for part in group.parts:
            _fill(step, part)
        draft.steps.append(step)


def _take_numbered(draft: Draft, group: _Group) -> None:
    step: _StepDraft | None = None
    for part in group.parts:
        if part.kind is Kind.ITEM and part.ordered and not part.level:
            step = _numbered(part, group.role)
            draft.steps.append(step)
        elif step is not None:
            _fill(step, part)


def _numbered(part: Part, role: Role | None) -> _StepDraft:
    title = part.label or plain(part.text).rstrip(":")
    base = PHASES.get(role or Role.INVESTIGATE, Phase.INVESTIGATE)
    verifies = base is Phase.MITIGATE and _VERIFIES.match(title)
    return _StepDraft(
        title=title,
        line=part.line,
        phase=Phase.VERIFY if verifies else base,
        condition=_condition(title, part.qualifier),
        text=[plain(part.rest)] if part.label and part.rest else [],
    )


def _condition(title: str, qualifier: str) -> str:
    if _CONDITION.match(qualifier):
        return qualifier
    inside = re.search(r"\(([^()]*)\)", title)
    if inside and _CONDITION.match(inside[1]):
        return inside[1]
    return title if _CONDITION.match(title) else ""


def _fill(step: _StepDraft, part: Part) -> None:
    if part.kind is Kind.FENCE:
        step.fences.append(part.line)
    elif part.kind is Kind.ITEM:
        step.text.append(f"{'  ' * part.level}- {part.text}")
    elif part.kind is Kind.ROW:
        step.text.append(" | ".join(part.cells))
    else:
        step.text.append(part.text)


def _soak(section: Section) -> tuple[timedelta, int] | None:
    """Return how long the playbook says to watch before all is well, and where."""
    for part in section.parts():
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
) -> Playbook:
    """Return the playbook; `statements` by the line of their fence."""
    severity = draft.severity or inferred
    return Playbook(
        heading=draft.heading.text,
        line=draft.heading.line,
        anchor=anchors[0],
        anchors=anchors[1:],
        severity=severity[0] if severity else None,
        severity_line=severity[1] if severity else None,
        severity_inferred=draft.severity is None and severity is not None,
        alerts=tuple(name for name, _ in draft.alerts),
        alert_lines=tuple(line for _, line in draft.alerts),
        thresholds=tuple(draft.thresholds),
        symptoms=tuple(part.line for part in draft.symptoms),
        symptom_texts=tuple(plain(part.text) for part in draft.symptoms),
        steps=tuple(_step(step, statements) for step in draft.steps),
        escalations=tuple(draft.escalations),
        soak=draft.soak[0] if draft.soak else None,
        soak_line=draft.soak[1] if draft.soak else None,
    )


def _step(step: _StepDraft, statements: dict[int, tuple[Statement, ...]]) -> Step:
    return Step(
        title=step.title,
        line=step.line,
        phase=step.phase,
        text="\n".join(step.text),
        statements=tuple(one for fence in step.fences for one in statements.get(fence, ())),
        condition=step.condition,
    )
