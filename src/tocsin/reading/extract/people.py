"""Whom a document names: escalation rules and contacts."""

from __future__ import annotations

import re
from datetime import timedelta

from tocsin.core.runbook import Contact, EscalationRule
from tocsin.reading.anchors import plain
from tocsin.reading.extract.words import Role, duration_in, role_of, severity_in
from tocsin.reading.outline import Kind, Part, Section

_AT_ONCE = re.compile(r"\b(immediate(ly)?|at once|right away|straight away|asap)\b", re.IGNORECASE)
_AFTER = re.compile(
    r"\b(?:after|within|in|longer than|for)\s+(?P<length>\d+\s*\w+)|\b(?P<bare>\d+\s*min\w*)\b",
    re.IGNORECASE,
)
_PAGE = re.compile(r"^\W*page\b", re.IGNORECASE)
_PLAIN_LEVEL = re.compile(r"^(P[0-9]|SEV[- ]?[0-9]|S[0-5])$", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:page|notify|escalate(?: \w+)?? to|escalation to|contact|call|inform|engage|alert|wake"
    r"|assign to)\s+(?:the\s+)?(?P<whom>[^.;(]+)",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"\[[^\]]*\]|<[^>@]*>|\byour|example\.(com|org|net)|\btb[da]\b|\bx{3,}|555-|^\W*$|\bfoo\b"
    r"|placeholder|\bn/a\b|change[-_ ]?me|domain\.com|company\.com",
    re.IGNORECASE,
)


def rules_in(parts: list[Part]) -> list[EscalationRule]:
    """Return the rules a group of escalation bullets states."""
    bullets = [part for part in parts if part.kind is Kind.ITEM and part.level == 0]
    return [rule_of(part, severity=None) for part in bullets]


def rule_of(part: Part, severity: str | None) -> EscalationRule:
    """Return one bullet or row as a rule; `severity` is the level it stands under, if any."""
    label, rest = part.label, part.rest if part.label else plain(part.text)
    return EscalationRule(
        line=part.line,
        after=_after(label, rest),
        targets=_targets(rest),
        severity=severity_in(label) or severity_in(rest) or severity,
        text=plain(part.text),
    )


def _after(label: str, rest: str) -> timedelta | None:
    words = f"{label} {rest}"
    timed = _AFTER.search(words)
    if timed and (length := duration_in(timed["length"] or timed["bare"])):
        return length
    at_once = _AT_ONCE.search(words) or _PLAIN_LEVEL.match(label.strip())
    if at_once or (severity_in(label) and _PAGE.match(rest)):
        return timedelta(0)
    return None


def _targets(text: str) -> tuple[str, ...]:
    found = _VERB.search(text)
    if found is None:
        return ()
    whom = _AT_ONCE.sub("", re.split(r"\b(?:after|if|when|within)\b", found["whom"])[0])
    names = (name.strip(" .:") for name in re.split(r",|\band\b|\+", whom))
    return tuple(name for name in names if name)


def rules_outside(sections: list[Section]) -> list[EscalationRule]:
    """Return the rules stated outside playbooks: with the levels, or in a section of their own."""
    found: list[EscalationRule] = []
    for section in sections:
        if re.search(r"\bescalat", section.title, re.IGNORECASE) and not is_contacts(section):
            found += [
                rule
                for rule in rules_in(section.own)
                if rule.severity or rule.after is not None or rule.targets
            ]
        found += _fields(section)
    unique = {rule.line: rule for rule in found}
    return [unique[line] for line in sorted(unique)]


def _fields(section: Section) -> list[EscalationRule]:
    """Return rules written as `Escalation: …` below a level."""
    found: list[EscalationRule] = []
    severity = severity_in(section.title)
    for part in section.own:
        if part.kind is Kind.LEAD and severity_in(part.label):
            severity = severity_in(part.label)
        labelled = part.kind in (Kind.LEAD, Kind.ITEM) and part.rest and severity
        if labelled and role_of(part.label) is Role.ESCALATION:
            found.append(rule_of(part, severity))
    return found


def is_contacts(section: Section) -> bool:
    """Whether a section lists people."""
    return bool(
        re.search(r"\bcontacts?\b|\bon-?call (list|roster)\b", section.title, re.IGNORECASE)
    )


def contacts_in(sections: list[Section]) -> list[Contact]:
    """Return everybody the contact sections name."""
    found: list[Contact] = []
    for section in sections:
        if any(is_contacts(one) for one in (section, *section.ancestors())):
            found += [contact for part in section.own if (contact := _contact(part))]
    return found


def _contact(part: Part) -> Contact | None:
    if part.kind is Kind.ROW and len(part.cells) > 1:
        role, reach = part.cells[0], " ".join(part.cells[1:])
        return Contact(role=plain(role), line=part.line, reach=reach, placeholder=_nobody(reach))
    if part.kind not in (Kind.ITEM, Kind.LEAD) or part.level:
        return None
    role, reach = part.label, part.rest
    if not role and ":" in part.text:
        role, _, reach = plain(part.text).partition(":")
    if not role:
        return None
    return Contact(
        role=role.strip(), line=part.line, reach=reach.strip(), placeholder=_nobody(reach)
    )


def _nobody(reach: str) -> bool:
    return bool(_NOBODY.search(reach))
