"""Which sections are playbooks, and what each says to do.

A section is a playbook by its structure: directly below it stand groups that say how the
incident shows and what to do about it. The words of a document's own titles never matter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
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
from tocsin.reading.extract.constraints import constraints_in
from tocsin.reading.extract.embedded import holds_rules, limit_of, rules_of
from tocsin.reading.extract.fields import (
    ALERT_NAME,
    QUOTED,
    alert_in_heading,
    alerts_named,
    is_field,
    may_be_product,
    normal,
)
from tocsin.reading.extract.kinds import is_chapter_of_kinds, is_work_by_kind, names_only_rank
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
from tocsin.reading.extract.subjects import (
    is_collection,
    is_marked,
    is_response,
    names_trouble,
    says_how,
)
from tocsin.reading.extract.wholes import response_in
from tocsin.reading.extract.words import PHASES, Role, longest_in, role_of, severity_in
from tocsin.reading.inline import statements_in
from tocsin.reading.outline import Kind, Part, Section

_GENERAL = re.compile(
    r"\bprocess\b|\bworkflow\b|\blifecycle\b|\bgeneral\b|severit|\bcontacts?\b|communication"
    r"|template|post[- ]?(mortem|incident)|quick ref|\bmaintenance\b|table of contents|glossary"
    r"|\btool(s|ing)\b|cheat ?sheet",
    re.IGNORECASE,
)
_NEVER = re.compile(  # not even where an alert is named
    r"severit|\bcontacts?\b|template|post[- ]?(mortem|incident)|quick ref|\bmaintenance (task|work)"
    r"|table of contents|glossary|cheat ?sheet|\bexamples?$|^(useful )?commands$",
    re.IGNORECASE,
)
_BY_CAUSE = re.compile(r"\b(by|on|to|the|each) (the )?(root )?causes?\b", re.IGNORECASE)
_MANY = re.compile(
    r"\b(guide|handbook|manual|index|readme|incident response|on-?call|process|procedures"
    r"|runbooks|playbooks|architecture|deploy\w*|operations?)\b",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(
    r"(meaning|impact|reasons?|metrics?|problem|what (does|is)\b|description|background|overview"
    r"|summary|alert)\b",
    re.IGNORECASE,
)
_REMEDY = re.compile(
    r"((possible|potential|suggested|recommended) )?"
    r"(resolutions?|solutions?|fix(es)?|mitigations?|remediations?|remed(y|ies))\b",
    re.IGNORECASE,
)
_DEEP = 3  # the level of headings that name products as often as alerts
_SHORT = 3  # headings of a document that says only how to mend one thing
_MEANING = re.compile(
    r"(meaning|overview|description|summary|reason|about|alert|what (does|is) (this|the)\b)",
    re.IGNORECASE,
)
_LEVEL_WORD = re.compile(r"critical|emergency|high|major|medium|warning|minor|low|info\b", re.I)
_OUTPUT = re.compile(
    r"((example|sample|expected|typical)( (results?|errors?|outcomes?|outputs?|messages?))?"
    r"|(error|log) messages?|errors?|outputs?)$",
    re.IGNORECASE,
)
_REASON = re.compile(r"(meaning|reason)\b", re.IGNORECASE)
_RANKED = re.compile(r"^\[(P[0-9]|SEV[- ]?[0-9]|S[0-5])\]\s+\w", re.IGNORECASE)
_CORE = {
    Role.SYMPTOMS,
    Role.ALERT,
    Role.THRESHOLD,
    Role.STEPS,
    Role.INVESTIGATE,
    Role.MITIGATE,
}
_TELLING = {Role.SYMPTOMS, Role.ALERT, Role.THRESHOLD}
_NEVER_INHERITED = (Role.ALERT, None)
_NOT_INHERITED = (Role.SYMPTOMS, Role.ESCALATION, Role.ABOUT, Role.ALERT, None)
_TOLD = (Role.ALERT, Role.ABOUT, None)  # below these a bullet may be a field
_TO_DO = {Role.STEPS, Role.INVESTIGATE, Role.MITIGATE, Role.VERIFY}
_NAMES_ALERT = re.compile(r"\b(?:alert|alarm)s?\b[^:\"`]{0,80}?:\s*(.*)$", re.IGNORECASE)
_CALLED_ALERT = re.compile(  # "X" (>80%) or "Y" alert
    r"((?:[\"“`][A-Za-z_][\w:.-]*[\"”`](?:\s*\([^()]{0,40}\))?(?:\s*(?:,|/|or\b|and\b)\s*|\s+)){1,9})"
    r"(?:alert|alarm)s?\b",
    re.IGNORECASE,
)
_FIRST_NAME = re.compile(rf"^\W*({ALERT_NAME.pattern})\b")
_CAUSE = re.compile(r"\broot[- ]causes?\b", re.IGNORECASE)
_CAUSES = re.compile(r"\bcauses?\b", re.IGNORECASE)
_SEARCH = re.compile(r"investigat|analys|diagnos|identif|find", re.IGNORECASE)
_SHOUT = re.compile(r"^(\*\*|__)[^a-z]+\1$")
_SOAK = re.compile(
    r"\b(?:monitor|watch|observe|soak|stable|healthy|keep an eye)\b[^.\n]{0,80}?\bfor\s+"
    r"(?:at least\s+|another\s+)?"
    r"(?P<length>\d+\s*(?:-|to)?\s*\d*\s*(?:minutes?|mins?|m|hours?|h)\b)",
    re.IGNORECASE,
)
_NAME = 2  # words: what is longer says how the incident shows, and is no alert's name
_PROCESS = re.compile(r"\b(?:process|workflow|lifecycle)\b", re.IGNORECASE)
_USE = re.compile(r"^\W*(?:when|use)\b", re.IGNORECASE)
_WORK = re.compile(
    r"^\W*(?:resol|mitigat|remed|fix|investigat|diagnos|triage|verif|recover)\w*"
    r"(?:\W+(?:steps?|procedures?|options?|and|&)|\W+(?:resol|mitigat)\w*)*\W*$",
    re.IGNORECASE,
)
_PHASE = re.compile(r"^\W*(?:phase|stage)\s*\d", re.IGNORECASE)
_OPTION = re.compile(r"^\W*(?:option|alternative|approach|method|step)\s*(?:[A-H]|\d+)\b", re.I)
_STEP_HEADING = re.compile(
    r"^\W*(?:(?:step\s*)?\d+|(?:option|alternative|approach|method)\s*(?:[A-H]|\d+))\s*[.:)]\s",
    re.IGNORECASE,
)
_FIRST_STEP = re.compile(r"^\W*(?:step\s*)?1\s*[.:)]\s", re.IGNORECASE)
_OTHER_OPTION = re.compile(
    r"^\W*(?:(?:option|alternative|approach|method)\s*(?:[B-H]|[2-9])\b|alternatively\b|or:)", re.I
)
_CASE = re.compile(r"^\W*(?:if|when|after|no|not|still|once)\b", re.IGNORECASE)
_CALLS = re.compile(r"^\W*(?:page|escalate|call|notify|wake|contact)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"^(?:\*\*)?\d+(?:\.\d+)*[.)]\s+")


def playbooks_among(sections: list[Section], linked: Set[int] = frozenset()) -> list[Section]:
    """Return the sections that are playbooks; one inside another is a part of it.

    Args:
        sections: All of the document, the root first.
        linked: The lines of headings that a list of alerts or levels leads to.
    """
    found: list[Section] = []
    taken: set[int] = set()
    for section in sections[1:]:
        inside = any(id(above) in taken for above in section.ancestors())
        if inside:
            continue
        if _is_playbook(section) or (section.heading.line in linked and _is_meant(section)):
            found.append(section)
            taken.add(id(section))
    return found


def _is_playbook(section: Section) -> bool:
    named = _alert_of(section)
    own = normal(section.own)
    if named or _names_alert(own) or _quotes_rule(section):
        return not _is_chapter(section, named) and _has_work(section, named)
    if _GENERAL.search(section.title) or is_response(section.title):
        return False
    if names_only_rank(section.title) or _PHASE.match(section.title):
        return False
    return _is_told(section, own) or _is_cause(section) or _is_kind(section, own)


def _is_meant(section: Section) -> bool:
    """Return whether a section that is linked to as a response says what to do."""
    general = section.heading.level == 1 or _GENERAL.search(section.title)
    return not general and not _is_chapter(section, None) and _has_work(section, None)


def _is_stage(section: Section) -> bool:
    """Return whether a section is a part of the process, and names nothing that went wrong."""
    if is_marked(section.title) or names_trouble(section.title):
        return False
    return any(_PROCESS.search(above.title) for above in section.ancestors()[:-1])


def _is_told(section: Section, own: list[Part]) -> bool:
    """Return whether the labels right below a section are those of a playbook."""
    roles = _direct_roles(section, own)
    if section.heading.level == 1 and _is_shared(section):
        return False
    if _is_stage(section):
        return False
    if roles & _TELLING:
        coded = any(part.ordered or part.kind is Kind.FENCE for part in section.own)
        works = bool(roles & _TO_DO) or coded or any(map(_is_numbered_work, section.children))
        return works and not _is_chapter(section, None)
    if section.heading.level == 1:
        return _is_page(section, roles)
    if _RANKED.match(section.title) and not _is_general(section.parent):
        return _has_loose_work(own)
    if any(_GENERAL.search(above.title) for above in section.ancestors()[:-1]):
        return False
    return {Role.INVESTIGATE, Role.MITIGATE} <= roles


def _is_shared(section: Section) -> bool:
    """Return whether a document is about several incidents: it has no signs of its own."""
    signs = (Role.SYMPTOMS, Role.ALERT)
    titles = [child.title for child in section.children]
    shown = any(role_of(title) in signs or _REASON.match(title) for title in titles)
    return not shown and (is_collection(section.title) or _holds_named(section))


def _is_named(section: Section, own: list[Part]) -> bool:
    """Return whether the title says that this is one kind of incident, and work stands below it."""
    marked = is_marked(section.title)
    if not (marked or names_trouble(section.title)) or _holds_named(section):
        return False
    if section.heading.level == 1:
        return _has_loose_work(normal(response_in(section)))
    if any(_GENERAL.search(above.title) for above in section.ancestors()[:-1]):
        return False
    if marked:
        listed = any(part.kind is Kind.ITEM for child in section.children for part in child.own)
        return listed or _has_work(section, None)
    listed = sum(is_numbered(part) for part in own) > 1 and role_of(section.title) is None
    return listed or bool(_direct_roles(section, own) & _TO_DO)


def _holds_named(section: Section) -> bool:
    """Return whether a section below names a kind of incident of its own and what to do then."""
    return any(
        _names_incident(one) and _has_work(one, _alert_of(one))
        for one in _all_below(section)[1:]
        if not _PHASE.match(one.title)
    )


def _names_incident(section: Section) -> bool:
    title = section.title
    marked = is_marked(title) or _alert_of(section) is not None
    return marked or (names_trouble(title) and not role_of(title))


def _alert_of(section: Section) -> str | None:
    """Return the alert a section is headed by; among products, what sounds alike is one more."""
    name = alert_in_heading(section.title)
    if name is None or section.parent is None or section.heading.level < _DEEP:
        return name
    beside = [one for one in section.parent.children if one is not section]
    alone = bool(beside) and not any(alert_in_heading(one.title) for one in beside)
    return None if alone and may_be_product(name) else name


def _all_below(section: Section) -> list[Section]:
    """Return a section with every section below it, in order; what is one phase stays whole."""
    found: list[Section] = []
    waiting = [section]
    while waiting:
        found.append(waiting.pop())
        if not (_PHASE.match(found[-1].title) or _WORK.match(found[-1].title)):
            waiting += reversed(found[-1].children)
    return found


def _is_numbered_work(section: Section) -> bool:
    listed = any(part.kind in (Kind.ITEM, Kind.FENCE) for part in section.own)
    return listed and _is_numbered(section)


def _is_page(section: Section, roles: set[Role]) -> bool:
    """Return whether a whole document is one playbook: all it has is background and work."""
    if _MANY.search(section.title) or not roles & {Role.STEPS, Role.INVESTIGATE, Role.MITIGATE}:
        return False
    titles = [child.title for child in section.children]
    told = any(map(_BACKGROUND.match, titles))
    short = len(titles) <= _SHORT and any(map(_REMEDY.match, titles))
    known = sum(bool(role_of(title)) for title in titles)
    whole = known == len(titles) and {Role.INVESTIGATE, Role.MITIGATE} <= roles
    page = whole or ((told or short) and 2 * known >= len(titles))
    return page and not _is_chapter(section, None)


def _is_cause(section: Section) -> bool:
    """Return whether a section is one cause with its fix, among others of them."""
    above = section.parent
    if above is None or above.heading.level < 2 or role_of(section.title):
        return False
    said = " ".join(part.text for part in above.own if part.kind is Kind.LINE)
    if not (is_chapter_of_kinds(above) or (_role_is_fix(above) and _BY_CAUSE.search(said))):
        return False
    own = normal(section.own)
    if _direct_roles(section, own) or _is_general(above):
        return False
    working = any(part.kind is Kind.FENCE or part.ordered for part in own)
    return working or any(statements_in(part.text, part.line) for part in own)


def _is_kind(section: Section, own: list[Part]) -> bool:
    """Return whether a section says what is wrong, by itself or among such, and what to do."""
    among = is_chapter_of_kinds(section.parent) and not _is_general(section.parent)
    if among and names_trouble(section.title) and _has_loose_work(own):
        return True
    return _is_named(section, own)


def _role_is_fix(section: Section) -> bool:
    return role_of(section.title) is Role.MITIGATE


def _names_alert(own: list[Part]) -> bool:
    return any(
        is_field(part)
        and not part.ordered
        and role_of(part.label) is Role.ALERT
        and bool(alerts_named(part.rest))
        for part in own
    )


def _quotes_rule(section: Section) -> bool:
    """Return whether the rule of an alert stands in a section, or under a label of its own."""
    said = [child for child in section.children if role_of(child.title) is Role.ALERT]
    return role_of(section.title) is None and any(
        holds_rules(part) for one in (section, *said) for part in one.own
    )


def _is_chapter(section: Section, named: str | None) -> bool:
    """Return whether a section holds playbooks of other alerts rather than being one."""
    below = list(section.children)
    while below:
        child = below.pop()
        other = _alert_of(child)
        if other and other != named and _has_work(child, other):
            return True
        quoted = _names_alert(normal(child.own)) or _quotes_rule(child)
        if not other and not role_of(child.title) and quoted:
            return _has_work(child, None)
        below += child.children
    return False


def _has_work(section: Section, named: str | None) -> bool:
    """Return whether a section that names an alert says what to do about it."""
    if _NEVER.search(section.title) and not named:
        return False
    if _is_general(section.parent):
        return False
    own = normal(section.own)
    if _direct_roles(section, own) & _TO_DO:
        return True
    return _has_loose_work(own) or any(_has_loose_work(one.own) for one in section.children)


def _has_loose_work(parts: list[Part]) -> bool:
    parts = [part for part in parts if not holds_rules(part)]
    return any(part.kind is Kind.FENCE or part.ordered or part.task for part in parts) or bool(
        loose_steps(parts, None)
    )


def _is_general(section: Section | None) -> bool:
    around = [section, *section.ancestors()] if section else []
    return any(one.heading.level > 1 and _NEVER.search(one.title) for one in around)


def _direct_roles(section: Section, own: list[Part]) -> set[Role]:
    """Return the roles of the groups right below a section."""
    titles = [child.title for child in section.children if not _is_numbered(child)]
    titles += [part.label for part in own if part.kind is Kind.LEAD]
    titles += [part.label for part in own if part.kind is Kind.ITEM and part.rest]
    if section.heading.level == 1 or _OPTION.match(section.title):  # these say when to use them
        titles = [title for title in titles if not _USE.match(title)]
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
        if _OPTION.match(self.title) or (self.step and self.tabled):
            return said or self.tabled
        return said and self.announced and self.last and self.role in _TO_DO

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
    draft = Draft(section.heading, cause=_is_cause(section))
    heading = plain(section.heading.text)
    response = response_in(section)
    groups = _groups(section, response)
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


def _told_in_prose(groups: Sequence[_Group]) -> list[Threshold]:
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


def _told(lines: Sequence[Part], group: _Group) -> Threshold | None:
    text = " ".join(plain(part.text) for part in lines)
    explains = group.role is None or bool(_MEANING.match(group.title))
    found = thresholds.in_sentence(text, lines[0].line, explains=explains)
    return replace(found, line=_line_of(found, lines)) if found else None


def _line_of(threshold: Threshold, lines: Sequence[Part]) -> int:
    """Return the line on which the figure stands; sentences go on over several."""
    value = threshold.value
    figure = f"{value:g}" if isinstance(value, float) else str(value)
    return next((part.line for part in lines if figure in part.text.lower()), threshold.line)


@dataclass(slots=True)
class _Around:
    """The roles that hold where we are: each until a heading as high as its own ends it.

    A bold label stands between its heading and those below, so it may have headings in it.
    """

    roles: list[tuple[float, Role]] = field(default_factory=list)
    heading: int = 0  # the level of the innermost

    def enter(self, group: _Group) -> None:
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
        return any(role in _TO_DO and level < self.heading for level, role in self.roles)

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


def _tell_early(steps: list[StepDraft]) -> None:
    """Mark the steps up to the first that mends something."""
    for step in steps:
        step.early = True
        if step.mends:
            return


def _groups(section: Section, response: list[Part]) -> list[_Group]:
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


def _opening(section: Section) -> _Group:
    """Return the group of what stands in a section before its first label."""
    mends = _is_cause(section) and not any(part.ordered for part in section.own)
    title, role = (section.title, Role.MITIGATE) if mends else ("", _set_by(section))
    return _Group(section.heading, title, role, heading=True, announced=bool(title))


def _said_by(part: Part, around: _Around) -> Role | None:
    """Return the role that a heading or label has by its own words."""
    if _calls_somebody(part) or (around.escalates(part) and rung_of(part)):
        return Role.ESCALATION
    return role_of(_title_of(part))


def _title_of(part: Part) -> str:
    return plain(part.text) if part.kind is Kind.HEADING else part.label


def _begun(part: Part, own: Role | None, around: _Around) -> _Group:
    """Return the group that a heading or label begins."""
    title, heading = _title_of(part), part.kind is Kind.HEADING
    if heading and own is Role.VERIFY and _FIRST_STEP.match(title):
        own = None  # nothing is done yet that it could make sure of
    group = _Group(part, title, around.role_for(part, own), heading, announced=own is not None)
    group.step = heading and bool(_STEP_HEADING.match(title)) and around.works()
    return group


def _mark_last(groups: list[_Group]) -> None:
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


def _is_within_step(group: _Group, part: Part, role: Role | None) -> bool:
    """Return whether a label or a deeper heading only divides the step it stands in."""
    if not group.step or role not in (None, group.role):
        return False
    deeper = part.kind is not Kind.HEADING or part.level > group.label.level
    return deeper and not _STEP_HEADING.match(_title_of(part))


def _is_apart(group: _Group, after: _Group) -> bool:
    """Return whether a heading begins something beside a group, and nothing in it."""
    return group.heading and after.heading and after.label.level <= group.label.level


def _repeats(group: _Group, part: Part, role: Role | None) -> bool:
    """Return whether a lead-in only says again what the heading right above it says."""
    if part.kind is Kind.HEADING or part.rest or part.text.startswith(("*", "_")):
        return False
    return group.heading and group.announced and not group.parts and group.role is role


def _ends(group: _Group, part: Part) -> bool:
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


def _resumed(above: _Group) -> _Group:
    """Return what stands under the heading again, behind a field or another short group."""
    return _Group(above.label, "", above.role if above.role in PHASES else None, heading=True)


def _role_in(draft: Draft, group: _Group) -> Role | None:
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


def _take(draft: Draft, group: _Group, heading: str, scheme: Scheme) -> None:
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


def _take_fields(draft: Draft, group: _Group, heading: str, scheme: Scheme) -> None:
    for part in group.parts:
        bullet = part.kind is Kind.ITEM
        if is_field(part) and not part.ordered and (not bullet or group.role in _TOLD):
            _take_field(draft, role_of(part.label), part, heading, scheme)


def _describes(group: _Group) -> bool:
    """Return whether a group only says how one cause shows, and asks nobody to do anything."""
    items = [part for part in group.parts if part.kind is Kind.ITEM and not part.level]
    roles = {role_of(part.label) for part in items}
    told = Role.SYMPTOMS in roles and all(part.label and part.rest for part in items)
    return told and group.role is Role.FOLLOW_UP and not roles & {Role.STEPS, Role.MITIGATE}


def _shown_in(group: _Group) -> _Group:
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


def _rule_of_label(group: _Group) -> list[EscalationRule]:
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


def _take_symptoms(draft: Draft, group: _Group, heading: str, *, only_alerts: bool = False) -> None:
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


def _looks(group: _Group) -> list[StepDraft]:
    """Return the step that the commands under signs of an incident are: to look for them."""
    fences = [part for part in group.parts if part.label and is_runnable(part)]
    if not (fences and group.title):
        return []
    return [group_step(group.label, group.title, Role.INVESTIGATE, fences)]


def _said_of(group: _Group) -> list[Part]:
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


def _take_warnings(draft: Draft, group: _Group) -> None:
    for part in group.parts:
        found = thresholds.early_warning(part.text, part.line) if part.kind is Kind.ITEM else None
        draft.thresholds += [found] if found else []


def _take_steps(draft: Draft, group: _Group) -> None:
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
