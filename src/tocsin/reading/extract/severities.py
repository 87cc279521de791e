"""The document's own scheme of severities, and how fast each wants an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from tocsin.core.runbook import SeverityLevel
from tocsin.reading.anchors import plain
from tocsin.reading.extract.words import Role, duration_in, role_of, severities_in
from tocsin.reading.outline import Kind, Part, Section

_DEFINES = re.compile(
    r"^\W*(?:(?:critical|high|medium|moderate|low|major|minor|urgent|info)\W+)?"
    r"((?-i:P[0-9]|(?:SEV|Sev|sev)[- ]?[0-9]|Severity [1-5]|S[0-5]))\b(?!\s*[/,])",
    re.IGNORECASE,
)
_RESPONSE = re.compile(
    r"\brespon(se|d)\b|\back(?:nowledged?)?\s*(?:within|in\b|<|≤)|^SLA\b", re.IGNORECASE
)
_RESPONSE_IN_IT = re.compile(
    r"response:|\back(?:nowledged?)?\s*(?:within|in\b|<|≤)"
    r"|\brespon(?:se|d)(?: time)?\s*(?:within|in\b|under|<|:)",
    re.IGNORECASE,
)
_BARE = re.compile(r"S[0-5]")
_SEVERITY = re.compile(r"\bsev|\bpriorit", re.IGNORECASE)
_ANSWER = re.compile(r"(?:time to )?ack", re.IGNORECASE)
_NEAR = 4  # lines below a field of a level in which its time is looked for
_LEVEL_HEAD = re.compile(r"^(?:severity|sev|priority|level)\b", re.IGNORECASE)
_UPDATE = re.compile(r"\bupdates?\b", re.IGNORECASE)
_NO_FIXED = re.compile(r"\bnext\b|\bbusiness\b|\bbest effort\b|\bwhen(ever)?\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;.()]|\bor\b|\band\b")
_OTHER_FIELD = re.compile(r"respon|communicat|notif|escalat|update|channel|\bsla\b", re.IGNORECASE)
_SMALL_WORDS = """
    the an of in on to for with is are has been any
    possible suspected detected confirmed reported incident issue problem event
    """
_SAYS_LITTLE = frozenset(_SMALL_WORDS.split())
_FEWEST_WORDS = 2
_TIERS = ("critical", "high", "major", "medium", "moderate", "minor", "warning", "low", "info")
_DEFINES_TIER = re.compile(rf"^\W*({'|'.join(_TIERS)})\b(?!\s+\w+\s+\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something a level's definition names: one example, or one clause of its sentence."""

    level: str
    line: int
    words: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """The levels, and the words that stand for them in headings."""

    levels: tuple[SeverityLevel, ...]
    names: dict[str, str]  # "critical" -> "P0"
    cases: tuple[Case, ...] = ()  # what the definitions name, the worst level's first

    def named(self, words: str) -> str | None:
        """Return the level that words like `High Priority` mean, or None."""
        for tier in _TIERS:
            if re.search(rf"\b{tier}\b", words.lower()) and tier in self.names:
                return self.names[tier]
        return None

    def defined(self, title: str) -> tuple[str, int] | None:
        """Return the level whose definition names what `title` is about, and the line.

        All words of the title must stand in one case: `Fire` alone says too little.
        """
        words = _telling(title)
        if len(words) < _FEWEST_WORDS:
            return None
        fitting = (case for case in self.cases if words <= case.words)
        return next(((case.level, case.line) for case in fitting), None)


def _telling(text: str) -> frozenset[str]:
    """Return the words that tell what a text is about, without their plural's end."""
    words = set(re.findall(r"[a-z][a-z0-9]+", plain(text).lower())) - _SAYS_LITTLE
    return frozenset(word.removesuffix("s") for word in words) - _SAYS_LITTLE


def scheme_of(sections: list[Section], parts: list[Part]) -> Scheme:
    """Return the levels the document defines, else those it mentions.

    Levels without a code (`Critical`, `High`) are levels only where no other has one.
    """
    levels: dict[str, SeverityLevel] = {}
    names: dict[str, str] = {}
    cases: list[Case] = []
    for name, part, below in _defined(sections, _DEFINES):
        if name not in levels:
            cases += _cases(name, part, below)
            _name(names, plain(part.text), name)
        levels[name] = _with_times(levels.get(name), _level(name, part, below))
    kinds = {_kind(name) for name in levels}
    for part in _mentions(parts):
        for name in severities_in(_words(part)):
            known = name in levels or (kinds and _kind(name) not in kinds)
            if not known and _is_meant(name, part):
                levels[name] = _answered(SeverityLevel(id=name, line=part.line), parts)
            _name(names, part.rest if part.kind is Kind.LEAD else "", name)
    if not levels:
        levels = _uncoded(sections, parts)
        names = {name.lower(): name for name in levels}
    ranked = _ranked(levels)
    order = [level.id for level in ranked]
    cases.sort(key=lambda case: order.index(case.level))
    return Scheme(levels=ranked, names=names, cases=tuple(cases))


def _defined(
    sections: list[Section], pattern: re.Pattern[str]
) -> Iterator[tuple[str, Part, list[Part]]]:
    """Yield each level a section defines, the part that opens it, and what stands below that."""
    above_levels = _above_levels(sections)
    for section in sections:
        for part, below in _definitions(section) if _could_define(section, above_levels) else ():
            found = pattern.match(plain(part.text))
            if found:
                yield found[1], part, list(below)


def _with_times(known: SeverityLevel | None, again: SeverityLevel) -> SeverityLevel:
    """Return a level that was defined before, with the times only its second definition has."""
    if known is None:
        return again
    responds = again if known.respond_within is None else known
    return replace(
        known,
        respond_within=responds.respond_within,
        respond_line=responds.respond_line,
        update_every=known.update_every or again.update_every,
    )


def _uncoded(sections: list[Section], parts: list[Part]) -> dict[str, SeverityLevel]:
    """Return levels that are called by a word: defined side by side, else named in fields."""
    levels: dict[str, SeverityLevel] = {}
    for name, part, below in _defined(sections, _DEFINES_TIER):
        levels.setdefault(name, _level(name, part, below))
    if len(levels) > 1:
        return levels
    told = _under_headings(sections)
    if told:
        return told
    named = {
        found[1].capitalize(): part.line
        for part in reversed(parts)
        if part.rest and role_of(part.label) is Role.SEVERITY
        if (found := _DEFINES_TIER.match(plain(part.rest)))
    }
    return {
        name: _answered(SeverityLevel(id=name, line=line), parts) for name, line in named.items()
    }


def _under_headings(sections: list[Section]) -> dict[str, SeverityLevel]:
    """Return the levels that stand below headings `Severity`, if any says how fast to respond."""
    levels: dict[str, SeverityLevel] = {}
    for section in sections:
        told = section.own[0] if section.own and role_of(section.title) is Role.SEVERITY else None
        found = _DEFINES_TIER.match(plain(told.text)) if told else None
        if told and found:
            levels.setdefault(found[1], _level(found[1], told, [told]))
    return levels if any(level.respond_within for level in levels.values()) else {}


def _cases(level: str, part: Part, below: list[Part]) -> list[Case]:
    """Return what a level's definition names."""
    saying = (one for one in [part, *below] if not _OTHER_FIELD.search(one.label))
    return [
        Case(level=level, line=one.line, words=words)
        for one in saying
        if one.kind is not Kind.FENCE
        for clause in _CLAUSE.split(one.text)
        if (words := _telling(clause))
    ]


def _name(names: dict[str, str], text: str, level: str) -> None:
    for tier in _TIERS:
        if re.search(rf"\b{tier}\b", text.lower()) and level not in names.values():
            names.setdefault(tier, level)
            return


def _ranked(levels: dict[str, SeverityLevel]) -> tuple[SeverityLevel, ...]:
    ordered = sorted(levels.values(), key=_height)
    return tuple(replace(level, rank=rank) for rank, level in enumerate(ordered))


def _height(level: SeverityLevel) -> int:
    """Return what levels are sorted by, the worst first."""
    last = level.id[-1]
    return int(last) if last.isdigit() else _TIERS.index(level.id.lower())


def _could_define(section: Section, above_levels: set[int]) -> bool:
    title = section.title.lower()
    if _DEFINES.match(section.title) and id(section.parent) in above_levels:
        return True
    around = " ".join(above.title.lower() for above in section.ancestors())
    words = f"{title} {around}"
    named = re.search(r"severit|priorit|classif|\bsla\b|response time|level", words)
    return bool(named) or any(_has_times(part) for part in section.own)


def _has_times(row: Part) -> bool:
    """Return whether a table's columns give a time to respond for each severity."""
    heads = [plain(head) for head in row.header]
    return any(_LEVEL_HEAD.match(head) for head in heads) and any(_answers(head) for head in heads)


def _answers(head: str) -> bool:
    """Return whether a column says how fast somebody must answer."""
    return bool(_RESPONSE.search(head) or _ANSWER.match(head))


def _above_levels(sections: list[Section]) -> set[int]:
    """Return the ids of the sections that have headings of several levels right below."""
    levels: dict[int, set[str]] = {}
    for section in sections:
        if section.parent and (found := _DEFINES.match(section.title)):
            levels.setdefault(id(section.parent), set()).add(found[1])
    return {above for above, names in levels.items() if len(names) > 1}


def _is_level(section: Section) -> bool:
    """Return whether a section is the definition of one level, its subsections included."""
    if not (_DEFINES.match(section.title) or _DEFINES_TIER.match(section.title)):
        return False
    return not any(_DEFINES.match(child.title) for child in section.children)


def _definitions(section: Section) -> Iterator[tuple[Part, Iterable[Part]]]:
    """Yield each part that could open a level's definition, with what stands below it."""
    own = section.own
    yield section.heading, section.parts() if _is_level(section) else own
    for at, part in enumerate(own, start=1):
        if part.kind in (Kind.LEAD, Kind.ITEM):
            yield part, _until_next_lead(islice(own, at, None), part.kind)
        elif part.kind is Kind.ROW and part.cells:
            yield _row_as_line(part), [_row_as_line(part)]


def _row_as_line(row: Part) -> Part:
    """Return a table row as text, its columns of times put as fields."""
    cells = [_as_field(head, cell) for head, cell in zip(row.header, row.cells, strict=False)]
    return Part(kind=Kind.LINE, line=row.line, end=row.end, text=" | ".join(cells))


def _as_field(head: str, cell: str) -> str:
    if _answers(head):
        return f"response: {cell}"
    return f"update: {cell}" if _UPDATE.search(head) else cell


def _until_next_lead(parts: Iterable[Part], kind: Kind) -> Iterator[Part]:
    for part in parts:
        if part.kind is Kind.LEAD or (part.kind is kind and part.level == 0):
            return
        yield part


def _level(name: str, part: Part, below: list[Part]) -> SeverityLevel:
    level = SeverityLevel(id=name, line=part.line, update_every=_update_every(below))
    said = (one for one in below if one.kind is not Kind.HEADING)
    for candidate in (*said, part):
        text = plain(candidate.text)
        if _RESPONSE.search(text) and (candidate is not part or _RESPONSE_IN_IT.search(text)):
            return replace(level, respond_within=_response(text), respond_line=candidate.line)
    return level


def _response(text: str) -> timedelta | None:
    said = _RESPONSE.search(text)
    at = text.find("response: ") if "response: " in text else said.start() if said else 0
    after = text[at:].partition(" | ")[0]
    vague = _NO_FIXED.search(after)
    return duration_in(after[: vague.start()] if vague else after)


def _update_every(below: list[Part]) -> timedelta | None:
    """Return how often the level wants to be told about, where it says so."""
    for part in below:
        text = plain(part.text)
        found = _UPDATE.search(text)
        length = duration_in(text[found.start() :].partition(" | ")[0]) if found else None
        if length:
            return length
    return None


def _answered(level: SeverityLevel, parts: list[Part]) -> SeverityLevel:
    """Return a level with the time that stands as a field right below the level's own."""
    fields = {part.line: part for part in parts if part.kind is Kind.LEAD and part.rest}
    for line in range(level.line + 1, level.line + _NEAR):
        part = fields.get(line)
        if level.line not in fields or part is None:
            break
        if _RESPONSE.search(part.label):
            within = _response(f"response: {plain(part.rest)}")
            return replace(level, respond_within=within, respond_line=line)
    return level


def _mentions(parts: list[Part]) -> list[Part]:
    """Return every part that may name a level, fields `Severity: …` first."""
    fields = [part for part in parts if part.label and role_of(part.label) is Role.SEVERITY]
    return fields + [part for part in parts if part.kind is not Kind.FENCE]


def _kind(name: str) -> str:
    """Return the letters of a code: beside defined `P` levels, a `SEV` belongs to others."""
    return name.rstrip("0123456789").strip("- ").lower()


def _is_meant(name: str, part: Part) -> bool:
    """Whether a code is a level here: `S3` alone is more often a store, `Phase P1` a phase."""
    if re.search(rf"\b(?:phase|stage)\s+{name}\b", part.text, re.IGNORECASE):
        return False
    return not _BARE.fullmatch(name) or bool(_SEVERITY.search(_words(part)))


def _words(part: Part) -> str:
    return " ".join((part.text, *part.cells))
