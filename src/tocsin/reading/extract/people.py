"""Whom a document names: escalation rules and contacts."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from tocsin.core.runbook import Contact, EscalationRule
from tocsin.reading.anchors import plain
from tocsin.reading.extract.constraints import sentences_of
from tocsin.reading.extract.ladders import rules_in_column, rules_of_rows
from tocsin.reading.extract.words import Role, duration_in, role_of, severity_in, start_in
from tocsin.reading.outline import Kind, Part, Section

_AT_ONCE = re.compile(
    r"(?<!no )\b(immediate(ly)?|at once|right away|straight away|asap)\b", re.IGNORECASE
)
_AFTER = re.compile(
    r"(?:\b(?:after|within|in|longer than|for)\s+[>≥]?\s*|(?:\b(?:more than|over)|>)\s*"
    r"(?=\d+\s*(?:min|m\b|h)))"
    r"(?P<length>(?:\d+\s*(?:[-–]|to)\s*)?\d+\s*[a-z]+)"
    r"|\b(?P<bare>\d+\s*\+?\s*(?:min\w*|h(?:ou)?rs?))\b",
    re.IGNORECASE,
)
_RUNG = re.compile(r"^\W*(?:level|tier|l)\s*-?\s*\d+\b\s*[:.)—–-]+\s*", re.IGNORECASE)
_BEHIND = re.compile(r"\s*\([^()]*\)\s*$")
_LENGTH = re.compile(r"(?:after|within|\+|T\+)?\s*\d+\+?\s*[a-z]+", re.IGNORECASE)
_PAGE = re.compile(r"^\W*page\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:after|if|when|within|for(?= (?:any |all |a )?(?:sev|p\d)))\b", re.IGNORECASE
)
_PLAIN_LEVEL = re.compile(r"^(P[0-9]|SEV[- ]?[0-9]|S[0-5])$", re.IGNORECASE)
_VERB = re.compile(
    r"(?<![\w-])(?:page|notify|escalate(?: \w+)?? to|escalation to|contact|call|inform|engage|alert"
    r"|wake|assign to)\s+(?:the\s+)?(?P<whom>[^.;(]+)",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(
    r"\b(?:engineer(?:ing)?|lead|manager|management|on-?call|director|team|owner|support|head"
    r"|chief|officer|c[eti]o|ciso|vp|founder|dba|sre|admin(?:istrator)?|commander|vendor|l[1-4])s?\b",
    re.IGNORECASE,
)
_REACHES = re.compile(
    r"^(?:name|(?:tele|mobile |cell )?phone|e-?mail|slack|contact|pager(?:duty)?|backup)$", re.I
)
_LISTED = re.compile(
    r"^[-*]?\s*(?P<role>[A-Za-z][\w /&()-]{1,40}):\s+(?P<reach>(?=.*[@\d#\[]).{3,})$"
)
_PERSON_HEAD = re.compile(r"^(?:role|name|person|team|who|title|position)\b", re.IGNORECASE)
_DUTY_HEAD = re.compile(
    r"^(?:responsibilit(?:y|ies)|description|dut(?:y|ies)|when|for)\b", re.IGNORECASE
)
_NUMBER_HEAD = re.compile(r"^(?:phone|mobile|e-?mail|contact|pager|slack|number)\b", re.IGNORECASE)
_NAMES = re.compile(r"^name$", re.IGNORECASE)
_PERSONAL = re.compile(r"^name$|phone$", re.IGNORECASE)
_NO_NEED = re.compile(r"\W*(?:none|n/?a|no|not)\b(?!\s+\w+\s+(?:after|in|within))", re.IGNORECASE)
_SHIFT = re.compile(r"\s*\([^()]*\)$")
_ARROW = re.compile(r"\s*(?:→|->|=>)\s*")
_CHAIN = 3  # people in a line that make it a path
_CARD = 2  # fields that make a person's card
_ENDS = re.compile(r"[.!?:]$")
_PAUSE = re.compile(r"[.;(]|\s[-–—]\s")
_DENIED = re.compile(r"(?:,|\band\b|\bbut\b)?\s*\bno\b[^,.;:]*", re.IGNORECASE)
_TO = re.compile(r"^\s*to\s+(?:the\s+)?", re.IGNORECASE)
_IF = re.compile(r"(?:if|when|in case|once)\b", re.IGNORECASE)
_PHONE = re.compile(r"[+(]?\d[\d\s()/-]{5,}")
_CASE = 3  # words in front of the colon that make a case
_NAME = 6  # words: what is shorter and names a role is the name itself
_WHEN = re.compile(r"\b(?:when|criteria|conditions?|triggers?)\b", re.IGNORECASE)
_HOLDS_RULES = re.compile(
    r"\b(?:when|whom?|criteria|conditions?|triggers?|path|chain|matrix|ladder|order|timeline)\b",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"\[[^\]]*\]|<[^>@]*>|\byour|example\.(com|org|net)|\btb[da]\b|\bx{3,}|555-|^\W*$|\bfoo\b"
    r"|placeholder|\btodo\b|replace[-_ ]?me|\bn/a\b|change[-_ ]?me|domain\.com|company\.com",
    re.IGNORECASE,
)


def rules_in(parts: list[Part]) -> list[EscalationRule]:
    """Return the rules that a group's bullets, sentences and the rows of its tables state."""
    bullets = [part for part in parts if part.kind is Kind.ITEM and part.level == 0]
    stated = [
        sentence
        for sentence in _sentences([part for part in parts if part.kind is Kind.LINE])
        if _VERB.search(sentence.text) and _CONDITION.search(sentence.text)
    ]
    rules = [rule_of(part, severity=None) for part in bullets + stated] + rules_of_rows(parts)
    return sorted(rules, key=lambda rule: rule.line)


def _sentences(lines: list[Part]) -> list[Part]:
    """Return the sentences of paragraphs as parts, each on the line it begins on."""
    found: list[Part] = []
    for line in lines:
        for sentence in sentences_of(line.text):
            open_ = found and found[-1].end + 1 == line.line and not _ENDS.search(found[-1].text)
            if open_:
                said = f"{found[-1].text} {sentence}"
                found[-1] = replace(found[-1], end=line.end, text=said)
            else:
                found.append(replace(line, text=sentence))
    return found


def rule_of(part: Part, severity: str | None) -> EscalationRule:
    """Return one bullet or row as a rule; `severity` is the level it stands under, if any."""
    label, rest = part.label, part.rest if part.label else plain(part.text)
    lead, _, said = plain(part.text).partition(":")
    since = start_in(lead)
    if since is not None and not label:
        label, rest = lead, said
    when = f"({part.qualifier}) {rest}" if part.qualifier else rest
    return EscalationRule(
        line=part.line,
        after=_after(label, when) if since is None else since,
        targets=_targets(rest) or _alone(part),
        severity=severity_in(label) or severity_in(rest) or severity,
        text=plain(part.text),
    )


def _alone(part: Part) -> tuple[str, ...]:
    """Return whoever stands in front of nothing but a parenthesis: `**Mayor** (at once)`."""
    return (part.label,) if part.label and part.qualifier and not part.rest else ()


def rung_of(heading: Part) -> EscalationRule | None:
    """Return the rule that a heading states as one rung of a ladder: `Level 2: Lead (15 min)`."""
    title = plain(heading.text)
    rung = _RUNG.match(title)
    if rung is None or not (_SOMEBODY.search(title) or duration_in(title)):
        return None
    since = start_in(title)
    return EscalationRule(
        line=heading.line,
        after=_after("", title) if since is None else since,
        targets=_targets(_BEHIND.sub("", title[rung.end() :])),
        severity=severity_in(title),
        text=title,
    )


def _after(label: str, rest: str) -> timedelta | None:
    words = f"{label} {rest}"
    if _LENGTH.fullmatch(label.strip()) and (length := duration_in(label)):
        return length
    timed = _AFTER.search(words)
    if timed and (length := duration_in(timed["length"] or timed["bare"])):
        return length
    if _is_condition(label or rest.partition(":")[0], rest):
        return None
    at_once = _AT_ONCE.search(words) or _PLAIN_LEVEL.match(label.strip())
    if at_once or (severity_in(label) and _PAGE.match(rest)):
        return timedelta(0)
    return None


def _is_condition(lead: str, rest: str) -> bool:
    """Return whether it is for a case of its own: `Data was lost: page the lead at once`."""
    if severity_in(f"{lead} {rest}"):
        return False
    if _IF.match(rest) or _IF.match(lead):
        return True
    told = _VERB.search(lead) or _SOMEBODY.search(lead) or _AT_ONCE.search(lead)
    return not told and len(lead.split()) >= _CASE and role_of(lead) is not Role.ESCALATION


def _targets(text: str) -> tuple[str, ...]:
    """Return whom a rule names: behind a verb, or by being nothing but the name of a role."""
    text = _DENIED.sub("", text)
    found = _VERB.search(text)
    path = [name.strip(" .") for name in _ARROW.split(text)]
    if not found and len(path) > 1 and _SOMEBODY.search(text):
        return tuple(name for name in path if name)
    said = found["whom"] if found else _PAUSE.split(text)[0]
    whom = _AT_ONCE.sub("", _CONDITION.split(said)[0])
    whom = _PHONE.sub("", whom)
    names = (_TO.sub("", name).strip(" .:") for name in re.split(r",|\band\b|\+", whom))
    return tuple(name for name in names if name and (found or _is_name(name)))


def _is_name(words: str) -> bool:
    return len(words.split()) < _NAME and bool(_SOMEBODY.search(words))


def rules_outside(sections: list[Section]) -> list[EscalationRule]:
    """Return the rules stated outside playbooks: with the levels, or in a section of their own."""
    found: list[EscalationRule] = []
    for section in sections:
        rung = rung_of(section.heading) if section.parent and _escalates(section.parent) else None
        if rung:
            found.append(rung)
            continue
        if _escalates(section):
            found += [rule for part in section.own for rule in _chain(part)]
            everything = bool(_WHEN.search(section.title))
            found += [rule for rule in rules_in(section.own) if everything or _says_who(rule)]
        found += _fields(section)
    unique = {(rule.line, rule.after): rule for rule in found}
    return sorted(unique.values(), key=lambda rule: rule.line)


def _chain(part: Part) -> list[EscalationRule]:
    """Return the rule a line of people is: `Watch → Master → Director`."""
    people = [name.strip(" .") for name in _ARROW.split(plain(part.text))]
    if part.kind is not Kind.LINE or len(people) < _CHAIN or not _SOMEBODY.search(part.text):
        return []
    text = plain(part.text)
    return [EscalationRule(line=part.line, after=None, targets=tuple(people), text=text)]


def _escalates(section: Section) -> bool:
    """Return whether a section is about escalation, or is the part of such a one with its rules."""
    own = re.search(r"\bescalat", section.title, re.IGNORECASE)
    if is_contacts(section) or (not own and any(is_contacts(one) for one in section.ancestors())):
        return False
    around = section.ancestors() if _HOLDS_RULES.search(section.title) else []
    return any(re.search(r"\bescalat", one.title, re.IGNORECASE) for one in (section, *around))


def _says_who(rule: EscalationRule) -> bool:
    stated = rule.severity or rule.after is not None or rule.targets
    return bool(stated or _SOMEBODY.search(rule.text))


def _fields(section: Section) -> list[EscalationRule]:
    """Return rules said beside other things: in a field, under a label, in a table's column."""
    found: list[EscalationRule] = []
    titles = (one.title for one in (section, *section.ancestors()))
    severity = next((level for title in titles if (level := severity_in(title))), None)
    under = False  # a label that announces rules
    for part in section.own:
        if part.kind is Kind.LEAD:
            severity = severity_in(part.label) or severity
            under = role_of(part.label) is Role.ESCALATION and not part.rest
        if part.kind is Kind.ROW:
            found += [] if rules_of_rows([part]) else rules_in_column(part)
        elif part.kind is Kind.ITEM and under and not part.level:
            found.append(rule_of(part, severity))
        elif part.rest and role_of(part.label) is Role.ESCALATION:
            found += _field(part, severity, section)
    return found


def _field(part: Part, severity: str | None, section: Section) -> list[EscalationRule]:
    """Return the rule `Escalation: …` of a level, or `Escalation time: …` of a person."""
    if severity:
        return [] if _NO_NEED.match(part.rest) else [rule_of(part, severity)]
    after = duration_in(part.rest)
    if after is None or not (_SOMEBODY.search(section.title) or _card(section)):
        return []
    return [replace(rule_of(part, None), after=after, targets=(_SHIFT.sub("", section.title),))]


def is_contacts(section: Section) -> bool:
    """Whether a section lists people."""
    return bool(
        re.search(
            r"\bcontacts?\b|\bon-?call (list|roster)\b|^people$|^phone numbers$"
            r"|^whom? to (call|contact|reach)\b",
            section.title,
            re.IGNORECASE,
        )
    )


def contacts_in(sections: list[Section]) -> list[Contact]:
    """Return everybody the contact sections name."""
    found: list[Contact] = []
    for section in sections:
        if _escalates(section):
            continue
        around = (section, *section.ancestors())
        if any(is_contacts(one) for one in around) or has_numbers(section):
            found += [contact for part in section.own if (contact := _contact(part))]
            found += [contact for part in section.own for contact in _listed(part)]
        else:
            found += _card(section)
    return found


def _listed(fence: Part) -> list[Contact]:
    """Return the people of a list that stands in a block of plain text."""
    if fence.kind is not Kind.FENCE or fence.label.lower() not in ("", "text", "txt"):
        return []
    lines = enumerate(fence.text.split("\n"), start=fence.line + 1)
    found = ((number, _LISTED.match(line)) for number, line in lines)
    return [
        Contact(role=one["role"], line=line, reach=one["reach"], placeholder=_nobody(one["reach"]))
        for line, one in found
        if one
    ]


def has_numbers(section: Section) -> bool:
    """Return whether a section's tables give people's numbers: `Role | Name | Phone`."""
    heads = {head for part in section.own for head in part.header}
    return any(_PERSON_HEAD.match(plain(head)) for head in heads) and any(
        _NUMBER_HEAD.match(plain(head)) for head in heads
    )


def _card(section: Section) -> list[Contact]:
    """Return the person whose name and number stand as fields under a heading."""
    fields = [part for part in section.own if _REACHES.match(part.label) and part.rest]
    if len(fields) < _CARD or not any(_PERSONAL.match(part.label) for part in fields):
        return []
    reach = ", ".join(part.rest for part in fields if not _NAMES.match(part.label))
    heading = section.heading
    return [
        Contact(
            role=_SHIFT.sub("", section.title),
            line=heading.line,
            reach=reach,
            placeholder=_nobody(reach),
        )
    ]


_OF_THE_PAGE = re.compile(
    r"(version|status|(last|next) \w+|created|authors?|remember|reminder|notes?"
    r"|important|warning)$",
    re.IGNORECASE,
)


def _contact(part: Part) -> Contact | None:
    if part.kind is Kind.ROW and len(part.cells) > 1:
        role, reach = part.cells[0], " ".join(part.cells[1:])
        duties = all(_DUTY_HEAD.match(plain(head)) for head in part.header[1:])
        nobody = duties or _nobody(reach)
        return Contact(role=plain(role), line=part.line, reach=reach, placeholder=nobody)
    if part.kind not in (Kind.ITEM, Kind.LEAD) or part.level:
        return None
    if part.kind is Kind.LEAD and not part.rest:
        return None
    role, reach = part.label, part.rest
    if not role and ":" in part.text:
        role, _, reach = plain(part.text).partition(":")
    if not role or _OF_THE_PAGE.match(role.strip()):
        return None
    return Contact(
        role=role.strip(), line=part.line, reach=reach.strip(), placeholder=_nobody(reach)
    )


def _nobody(reach: str) -> bool:
    return bool(_NOBODY.search(reach))
