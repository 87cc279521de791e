"""The labels of a playbook, each with what stands below it and what that is for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tocsin.reading.anchors import plain
from tocsin.reading.extract.choosing import OPTION, TO_DO, is_cause
from tocsin.reading.extract.embedded import holds_rules
from tocsin.reading.extract.fields import (
    is_field,
    normal,
)
from tocsin.reading.extract.kinds import is_work_by_kind
from tocsin.reading.extract.people import rung_of
from tocsin.reading.extract.steps import (
    is_numbered,
)
from tocsin.reading.extract.subjects import (
    says_how,
)
from tocsin.reading.extract.words import PHASES, Role, role_of
from tocsin.reading.outline import Kind, Part, Section

_OUTPUT = re.compile(
    r"((example|sample|expected|typical)( (results?|errors?|outcomes?|outputs?|messages?))?"
    r"|(error|log) messages?|errors?|outputs?)$",
    re.IGNORECASE,
)
_NEVER_INHERITED = (Role.ALERT, None)
_NOT_INHERITED = (Role.SYMPTOMS, Role.ESCALATION, Role.ABOUT, Role.ALERT, None)
_CAUSES = re.compile(r"\bcauses?\b", re.IGNORECASE)
_STEP_HEADING = re.compile(
    r"^\W*(?:(?:step\s*)?\d+|(?:option|alternative|approach|method)\s*(?:[A-H]|\d+))\s*[.:)]\s",
    re.IGNORECASE,
)
_FIRST_STEP = re.compile(r"^\W*(?:step\s*)?1\s*[.:)]\s", re.IGNORECASE)
_CASE = re.compile(r"^\W*(?:if|when|after|no|not|still|once)\b", re.IGNORECASE)
_CALLS = re.compile(r"^\W*(?:page|escalate|call|notify|wake|contact)\b", re.IGNORECASE)


@dataclass(slots=True)
class Group:
    """One label of a playbook with what stands below it, up to the next label."""

    label: Part
    title: str
    role: Role | None
    heading: bool
    announced: bool = False  # whether the title itself says what the group is for
    last: bool = True  # whether no group below inherits from it
    step: bool = False  # whether its heading numbers it as one step of the work around it
    parts: list[Part] = field(default_factory=list)
    rules: list[Part] = field(default_factory=list)  # blocks of alerting rules that bind

    @property
    def numbered(self) -> bool:
        return any(is_numbered(part) for part in self.parts)

    @property
    def told(self) -> bool:
        """Whether it says in plain sentences what to do."""
        said = bool(self.label.rest) or any(part.kind is Kind.LINE for part in self.parts)
        if OPTION.match(self.title) or (self.step and self.tabled):
            return said or self.tabled
        return said and self.announced and self.last and self.role in TO_DO

    @property
    def tabled(self) -> bool:
        """Whether it has a table."""
        return any(part.kind is Kind.ROW for part in self.parts)

    @property
    def checklist(self) -> bool:
        """Whether each task of it is a step of its own."""
        tasks = any(part.task and not part.level for part in self.parts)
        coded = any(part.kind is Kind.FENCE and part.level for part in self.parts)
        return tasks and not self.step and (coded or self.role in (None, Role.STEPS))

    @property
    def empty(self) -> bool:
        return not any(part.code or part.kind in (Kind.ITEM, Kind.FENCE) for part in self.parts)


@dataclass(slots=True)
class _Around:
    """The roles that hold where we are: each until a heading as high as its own ends it.

    A bold label stands between its heading and those below, so it may have headings in it.
    """

    roles: list[tuple[float, Role]] = field(default_factory=list)
    heading: int = 0  # the level of the innermost

    def enter(self, group: Group) -> None:
        """Let the group's role hold for what follows."""
        if group.role:
            self.heading = group.label.level if group.heading else self.heading
            level = self.heading if group.heading else self.heading + 0.5
            self.roles.append((level, group.role))

    def escalates(self, heading: Part) -> bool:
        """Return whether a heading stands below one about escalation."""
        return heading.kind is Kind.HEADING and any(
            role is Role.ESCALATION and level < heading.level for level, role in self.roles
        )

    def works(self) -> bool:
        """Return whether a heading around says what part of the work is done here."""
        return any(role in TO_DO and level < self.heading for level, role in self.roles)

    def role_for(self, part: Part, own: Role | None) -> Role | None:
        """Return the role a heading or label has by its own words and by where it stands."""
        if part.kind is Kind.HEADING:
            self.heading = part.level
            while self.roles and self.roles[-1][0] >= part.level:
                self.roles.pop()
        role = self.roles[-1][1] if self.roles else None
        if role is Role.INVESTIGATE and _is_looked_for(part, own):
            return role
        apart = _NEVER_INHERITED if part.kind is Kind.HEADING else _NOT_INHERITED
        return own or (None if role in apart else role)


def _is_looked_for(part: Part, role: Role | None) -> bool:
    """Return whether a search includes it: to verify what one suspects, to know the causes."""
    causes = part.kind is Kind.HEADING and bool(_CAUSES.search(part.text))
    return role is Role.VERIFY or (role is Role.FOLLOW_UP and causes)


def groups_of(section: Section, response: list[Part]) -> list[Group]:
    """Return the groups in order; one without a role of its own inherits the one around it."""
    groups = [_opening(section)]
    above = groups[0]
    around = _Around()
    for part in normal(response):
        last = groups[-1]
        if holds_rules(part) and last.role is not Role.FOLLOW_UP:
            last.rules.append(part)
            continue
        if part.kind not in (Kind.HEADING, Kind.LEAD) or is_field(part) or _shows_output(part):
            if _ends(last, part):
                groups.append(_resumed(above))
            groups[-1].parts.append(part)
            continue
        if last.role and (last.heading or last.empty or last.numbered):
            around.enter(last)
        own = _said_by(part, around)
        if _is_within_step(last, part, own):
            last.parts.append(part)
        elif not _repeats(last, part, own):
            groups.append(_begun(part, own, around))
            above = groups[-1] if groups[-1].heading else above
    _mark_last(groups)
    return groups


def _opening(section: Section) -> Group:
    """Return the group of what stands in a section before its first label."""
    mends = is_cause(section) and not any(part.ordered for part in section.own)
    title, role = (section.title, Role.MITIGATE) if mends else ("", _set_by(section))
    return Group(section.heading, title, role, heading=True, announced=bool(title))


def _said_by(part: Part, around: _Around) -> Role | None:
    """Return the role that a heading or label has by its own words."""
    if _calls_somebody(part) or (around.escalates(part) and rung_of(part)):
        return Role.ESCALATION
    return role_of(_title_of(part))


def _title_of(part: Part) -> str:
    return plain(part.text) if part.kind is Kind.HEADING else part.label


def _begun(part: Part, own: Role | None, around: _Around) -> Group:
    """Return the group that a heading or label begins."""
    title, heading = _title_of(part), part.kind is Kind.HEADING
    if heading and own is Role.VERIFY and _FIRST_STEP.match(title):
        own = None  # nothing is done yet that it could make sure of
    group = Group(part, title, around.role_for(part, own), heading, announced=own is not None)
    group.step = heading and bool(_STEP_HEADING.match(title)) and around.works()
    return group


def _mark_last(groups: list[Group]) -> None:
    """Say of each group whether none below inherits from it."""
    for group, after in zip(groups, [*groups[1:], None], strict=True):
        group.last = after is None or after.announced or not after.title or _is_apart(group, after)


def _set_by(section: Section) -> Role | None:
    """Return the part of the work that a title `How to …`, or the chapter around, is about."""
    if says_how(section.title):
        return role_of(section.title)
    above = section.parent
    return role_of(above.title) if above and is_work_by_kind(above) else None


def _shows_output(part: Part) -> bool:
    """Return whether a lead-in only shows what comes out of the step it stands in."""
    return part.kind is Kind.LEAD and bool(_OUTPUT.match(part.label))


def _calls_somebody(part: Part) -> bool:
    """Return whether a label is a condition on which somebody is called: `If not done: page …`."""
    return bool(_CASE.match(part.label) and _CALLS.match(part.rest))


def _is_within_step(group: Group, part: Part, role: Role | None) -> bool:
    """Return whether a label or a deeper heading only divides the step it stands in."""
    if not group.step or role not in (None, group.role):
        return False
    deeper = part.kind is not Kind.HEADING or part.level > group.label.level
    return deeper and not _STEP_HEADING.match(_title_of(part))


def _is_apart(group: Group, after: Group) -> bool:
    """Return whether a heading begins something beside a group, and nothing in it."""
    return group.heading and after.heading and after.label.level <= group.label.level


def _repeats(group: Group, part: Part, role: Role | None) -> bool:
    """Return whether a lead-in only says again what the heading right above it says."""
    if part.kind is Kind.HEADING or part.rest or part.text.startswith(("*", "_")):
        return False
    return group.heading and group.announced and not group.parts and group.role is role


def _ends(group: Group, part: Part) -> bool:
    """Return whether a part cannot belong to the bold lead-in above it any more."""
    if group.heading:
        return False
    if part.kind is Kind.LEAD:
        return role_of(part.label) is not Role.ABOUT or group.role not in PHASES
    said = group.role is Role.SYMPTOMS and bool(group.label.rest)
    if said or group.role in (Role.ALERT, Role.SEVERITY, Role.THRESHOLD):
        return part.kind is Kind.FENCE or is_numbered(part)
    if group.role is Role.ESCALATION and part.kind is Kind.FENCE:
        return True
    if group.role is not Role.SYMPTOMS or not is_numbered(part):
        return False
    return any(one.kind is Kind.ITEM and not one.ordered for one in group.parts)


def _resumed(above: Group) -> Group:
    """Return what stands under the heading again, behind a field or another short group."""
    return Group(above.label, "", above.role if above.role in PHASES else None, heading=True)
