"""SEM-TARGET-NO-CONTACT: somebody is to be called, and nothing says how."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.core.runbook import EscalationRule
from tocsin.reading.anchors import plain
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_WORD = re.compile(r"[a-z]{2,}")
_NOBODY_IN_PARTICULAR = {
    "team", "the", "and", "to", "if", "on", "call", "oncall", "all", "stakeholders", "users",
    "customers", "everyone", "affected",
}  # fmt: skip
_ARROW = re.compile(r"(?:→|->|=>)\s*([A-Za-z][\w /-]+)")


def _look(document: Document) -> Iterator[Hit]:
    roles = [_words(contact.role) for contact in document.runbook.contacts]
    if not roles:
        return
    unknown = {
        rule.line: target
        for rule in document.runbook.escalations
        for target in rule.targets
        if not _is_known(target, roles) and not _tells_how(rule)
    }
    names = ", ".join(dict.fromkeys(unknown.values()))
    yield from one_hit(unknown, f"Nothing says how to reach: {names}.")
    ends = {
        contact.line: target
        for contact in document.runbook.contacts
        for target in _ARROW.findall(plain(document.mended_lines[contact.line - 1]))
        if not _is_known(target, roles)
    }
    last = ", ".join(dict.fromkeys(one.strip() for one in ends.values()))
    message = f"The way up ends at somebody without a contact: {last}."
    yield from one_hit(ends, message, severity=Severity.WARNING)


def _words(name: str) -> frozenset[str]:
    return frozenset(_WORD.findall(name.lower().replace("on-call", "oncall")))


def _is_known(target: str, roles: list[frozenset[str]]) -> bool:
    """Whether a role shares the words that matter with the target."""
    words = _words(target)
    telling = words - _NOBODY_IN_PARTICULAR
    if not telling:
        return True
    return any(telling <= role or (role - _NOBODY_IN_PARTICULAR) <= words for role in roles if role)


def _tells_how(rule: EscalationRule) -> bool:
    return bool(re.search(r"[\w.]+@[\w-]+\.|https?://|\+\d[\d -]{6,}|#[a-z][\w-]+", rule.text))


rule = Rule(
    name="SEM-TARGET-NO-CONTACT",
    severity=Severity.ERROR,
    summary="Somebody is to be called, and nothing says how.",
    look=_look,
)
