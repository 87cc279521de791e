"""The general response process: its phases in order, each with the time it may take.

Documents write it in many ways, and only one of them is meant: the clearest that is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tocsin.core.runbook import ProcessPhase
from tocsin.reading.anchors import plain
from tocsin.reading.extract.subjects import is_response
from tocsin.reading.extract.words import longest_in, severity_in
from tocsin.reading.outline import Kind, Part, Section

_PROCESS = re.compile(r"\bprocess\b|\bworkflow\b|\blifecycle\b", re.IGNORECASE)
_OTHER = re.compile(
    r"escalat|communicat|review|post[- ]?(?:mortem|incident)|deploy|release|approval|change|backup",
    re.IGNORECASE,
)
_RESPONSE = re.compile(
    r"\b(?:initial|first|immediate|incident|emergency|general)\b.{0,20}\b(?:response|responder|steps"
    r"|actions?|checklist|procedures?|minutes)\b|^\W*(?:response )?(?:steps|procedures?|checklist)$"
    r"|^\W*(?:execution|response) (?:steps|procedures?)$",
    re.IGNORECASE,
)
_NUMBERED = r"^\W*(?:(?:[A-Z]?\d+[.):]?|step \d+:?)\s*)?"
_CORE = re.compile(
    _NUMBERED + r"(?:detect|identif|acknowledg|declar|triage|assess|initial|respon|stabili[sz]"
    r"|contain|mitigat|remediat|investigat|diagnos|eradicat|recover|resol)",
    re.IGNORECASE,
)
_STAGE = re.compile(
    _NUMBERED + r"(?:alert|classif|restor|communicat|notif|escalat|verif|clos|post-?|review"
    r"|learn|lessons|follow|prepar|document)(?!.*\b(?:template|contact|matrix|polic|tools?\b))",
    re.IGNORECASE,
)
_PHASE = re.compile(r"^\W*(?:phase|stage)\s*\w{1,4}\b\s*[:.)—–-]*\s*", re.IGNORECASE)
_STEP = re.compile(r"^\W*(?:step|procedure)\s*\d+\s*[:.)—–-]+\s*", re.IGNORECASE)
_NUMBER = re.compile(r"^\d+[.)]\s+")
_BUDGET = re.compile(r"\(([^()>]*)\)[.:\s]*$")  # "(> 10 s)" is a threshold
_BOX = re.compile(r"^\W*(?:(?:the )?first|next|within|\d+\s*(?:-|–|to)\s*\d+)\b.*$", re.IGNORECASE)
_ONE = re.compile(
    r"\b((?:first|next|within an?|within the)\s+)(?=(?:minute|hour|day|week)\b)", re.I
)
_ONLY = re.compile(r"\b(?:for|if|in|at) (\S+)$")
_DEADLINE = re.compile(
    r"\b(?:within|no later than)\s+(?:the (?:first|next)\s+)?(\d[^.;,()]{0,40})", re.IGNORECASE
)
_FEWEST = 3  # stages that make a process where nothing else says it is one


def phases_of(sections: Sequence[Section], chosen: Sequence[Section]) -> list[ProcessPhase]:
    """Return the phases of the general response process, in order.

    Args:
        sections: All sections of the document, the root first.
        chosen: Those that are playbooks. What stands in one of several is no general process.
    """
    taken = {id(section) for section in chosen}
    outside = [section for section in sections[1:] if taken.isdisjoint(_ids(section))]
    alone = sections[1:] if len(chosen) < 2 else outside
    return (
        _named(alone, _PHASE)
        or _in_a_process(outside)
        or _running(outside)
        or _boxed(alone)
        or _in_a_response(outside)
        or _named(outside, _STEP)
        or _stages(outside)
    )


def _ids(section: Section) -> set[int]:
    return {id(one) for one in (section, *section.ancestors())}


def _named(sections: Sequence[Section], pattern: re.Pattern[str]) -> list[ProcessPhase]:
    """Return headings that call themselves a phase: `Phase 2: Contain (5-15 minutes)`."""
    named = [section for section in sections if pattern.match(section.title)]
    return [_phase_of(section) for section in named] if len(named) > 1 else []


def _in_a_process(sections: Sequence[Section]) -> list[ProcessPhase]:
    """Return what the section that is called a process lists."""
    for section in sections:
        title = section.title
        if section.heading.level > 1 and _PROCESS.search(title) and _is_meant(title):
            return _children(section.children) or _items(section)
    return []


def _is_meant(title: str) -> bool:
    """Return whether a process is that of responding, and not of releasing or escalating."""
    return is_response(title) or not _OTHER.search(title)


def _running(sections: Sequence[Section]) -> list[ProcessPhase]:
    """Return headings numbered through across several time-boxed sections."""
    groups = [(section, _numbered(section)) for section in sections]
    if not any(children and _box(section.title) for section, children in groups):
        return []
    return [
        _phase_of(child, _box(section.title) or _deadline(child.own))
        for section, children in groups
        for child in children
    ]


def _in_a_response(sections: Sequence[Section]) -> list[ProcessPhase]:
    """Return what a section with the first response, or with the steps of any response, lists."""
    free = {id(section) for section in sections}
    for section in sections:
        if section.heading.level > 1 and _RESPONSE.search(section.title):
            numbered = [child for child in _numbered(section) if id(child) in free]
            found = [_phase_of(child, _deadline(child.own)) for child in numbered]
            found = found or _items_alone(section)
            if len(found) > 1:
                return found
    return [
        phase
        for section in sections
        if severity_in(section.title)
        and re.search(r"\bresponse\b(?![^(]*\))", section.title, re.IGNORECASE)
        for phase in _items(section)
    ]


def _items_alone(section: Section) -> list[ProcessPhase]:
    """Return the items of a section that is not itself one of several phases with their times."""
    beside = section.parent.children if section.parent else []
    boxed = sum(bool(_box(one.title)) for one in beside)
    return _items(section, _box(section.title)) if boxed < 2 else []


def _boxed(sections: Sequence[Section]) -> list[ProcessPhase]:
    """Return headings that follow each other by the clock: `First hour`, `First 24 hours`."""
    boxed = [section for section in sections if _BOX.match(section.title)]
    return [_phase_of(section) for section in boxed] if len(boxed) > 1 else []


def _counted(section: Section, free: set[int]) -> list[Section]:
    """Return the numbered sections of a document that is about any response."""
    children = [child for child in _numbered(section) if id(child) in free]
    numbered = [child for child in children if child.own or child.children]
    core = [child for child in numbered if _CORE.match(child.title)]
    return numbered if is_response(section.title) and len(core) > 1 else []


def _stages(sections: Sequence[Section]) -> list[ProcessPhase]:
    """Return sections that stand side by side and are each named for a stage of any response."""
    free = {id(section) for section in sections}
    for section in sections:
        counted = _counted(section, free)
        if counted:
            return [_phase_of(child, _deadline(child.own)) for child in counted]
        children = [child for child in section.children if id(child) in free]
        filled = [child for child in children if child.own or child.children]
        core = [child for child in filled if _CORE.match(child.title) or _box(child.title)]
        if len(core) >= _FEWEST or sum(bool(_box(child.title)) for child in core) > 1:
            known = {id(child) for child in core}
            return [
                _phase_of(child)
                for child in filled
                if id(child) in known or _STAGE.match(child.title)
            ]
    return []


def _children(children: Sequence[Section]) -> list[ProcessPhase]:
    numbered = [child for child in children if _NUMBER.match(child.title)]
    return [_phase_of(child, _deadline(child.parts())) for child in numbered or children]


def _numbered(section: Section) -> list[Section]:
    return [child for child in section.children if _NUMBER.match(child.title)]


def _items(section: Section, otherwise: str = "") -> list[ProcessPhase]:
    """Return the numbered items of a section; `otherwise` is the time all of them have."""
    items = [part for part in section.own if part.kind is Kind.ITEM and not part.level]
    return [
        _phase(_title(part), part.line, _deadline([part]) or otherwise)
        for part in items
        if part.ordered
    ]


def _title(part: Part) -> str:
    """Return what an item is called, with the time behind it: `**Assess** (10 minutes)`."""
    if not part.label:
        return plain(part.text)
    return f"{part.label} ({part.qualifier})" if part.qualifier else part.label


def _box(title: str) -> str:
    """Return the time a title gives: `Triage (5 minutes)`, `First 15 minutes`."""
    title = _ONE.sub(r"\g<1>1 ", title)
    found = _BUDGET.search(title)
    if found and longest_in(found[1]):
        return found[1]
    return title if _BOX.match(title) and longest_in(title) else ""


def _deadline(parts: Iterable[Part]) -> str:
    """Return what the parts say of a time by which something is to be done: `within 2 days`.

    How long to do something (`watch it for an hour`) is no deadline.
    """
    texts = (part.text for part in parts if part.kind is not Kind.FENCE)
    return ", ".join(length for text in texts for length in _DEADLINE.findall(text))


def _phase_of(section: Section, otherwise: str = "") -> ProcessPhase:
    return _phase(section.title, section.heading.line, otherwise)


def _phase(title: str, line: int, otherwise: str) -> ProcessPhase:
    """Return one phase; `otherwise` is where its budget is written, if not in its title."""
    own = _box(title)
    only = _ONLY.search(own)
    name = _BUDGET.sub("", title).strip() if own else title
    for number in (_PHASE, _STEP, _NUMBER):
        name = number.sub("", name)
    return ProcessPhase(
        title=name,
        line=line,
        budget=longest_in(own or otherwise),
        severity=severity_in(only[1]) if only else None,
    )
