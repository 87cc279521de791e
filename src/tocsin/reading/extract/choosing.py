"""Which sections of a document are playbooks.

A section is a playbook by its structure: directly below it stand groups that say how the
incident shows and what to do about it. The words of a document's own titles never matter.
"""

from __future__ import annotations

import re
from collections.abc import Set

from tocsin.reading.extract.embedded import holds_rules
from tocsin.reading.extract.fields import (
    alert_in_heading,
    alerts_named,
    is_field,
    may_be_product,
    normal,
)
from tocsin.reading.extract.kinds import is_chapter_of_kinds, names_only_rank
from tocsin.reading.extract.steps import (
    is_numbered,
    loose_steps,
)
from tocsin.reading.extract.subjects import (
    is_collection,
    is_marked,
    is_response,
    names_trouble,
)
from tocsin.reading.extract.wholes import response_in
from tocsin.reading.extract.words import Role, role_of
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
TO_DO = {Role.STEPS, Role.INVESTIGATE, Role.MITIGATE, Role.VERIFY}
_PROCESS = re.compile(r"\b(?:process|workflow|lifecycle)\b", re.IGNORECASE)
_USE = re.compile(r"^\W*(?:when|use)\b", re.IGNORECASE)
_WORK = re.compile(
    r"^\W*(?:resol|mitigat|remed|fix|investigat|diagnos|triage|verif|recover)\w*"
    r"(?:\W+(?:steps?|procedures?|options?|and|&)|\W+(?:resol|mitigat)\w*)*\W*$",
    re.IGNORECASE,
)
_PHASE = re.compile(r"^\W*(?:phase|stage)\s*\d", re.IGNORECASE)
OPTION = re.compile(r"^\W*(?:option|alternative|approach|method|step)\s*(?:[A-H]|\d+)\b", re.I)
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
    return _is_told(section, own) or is_cause(section) or _is_kind(section, own)


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
        works = bool(roles & TO_DO) or coded or any(map(_is_numbered_work, section.children))
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
    return listed or bool(_direct_roles(section, own) & TO_DO)


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


def is_cause(section: Section) -> bool:
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
    if _direct_roles(section, own) & TO_DO:
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
    if section.heading.level == 1 or OPTION.match(section.title):  # these say when to use them
        titles = [title for title in titles if not _USE.match(title)]
    roles = {role for title in titles if (role := role_of(title))}
    return roles & (_CORE | {Role.VERIFY})


def _is_numbered(section: Section) -> bool:
    return bool(_NUMBERED.match(section.title))
