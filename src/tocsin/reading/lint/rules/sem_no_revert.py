"""SEM-NO-REVERT: a temporary change that nothing takes back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_TEMPORARY = re.compile(r"\btemporar", re.IGNORECASE)
_PERSISTENT = re.compile(r"\bALTER\s+(?:SYSTEM|DATABASE|ROLE)\s+SET\b", re.IGNORECASE)
_RESET = re.compile(r"\bRESET\b")
_ENDS = re.compile(r"\b(?:disable|turn off|leave|end|lift)\b.{0,20}\bmaintenance", re.IGNORECASE)
_BEGINS = re.compile(r"maintenance", re.IGNORECASE)
_ON = re.compile(
    r"\"enabled\":\s*true|\bmaintenance[ _/-]?(?:mode)?[ =:]+(?:on|true|enable|1)\b"
    r"|\bartisan down\b|-X\s*POST|enable",
    re.IGNORECASE,
)
_OFF = re.compile(
    r"\"enabled\":\s*false|\bmaintenance[ _/-]?(?:mode)?[ =:]+(?:off|false|disable|0)\b"
    r"|\bartisan up\b|-X\s*DELETE",
    re.IGNORECASE,
)


def _look(document: Document) -> Iterator[Hit]:
    yield from _settings(document)
    yield from _maintenance(document)


def _settings(document: Document) -> list[Hit]:
    """Return a setting that outlives a restart and is called temporary."""
    lines: list[int] = []
    for block in document.runbook.blocks:
        if _RESET.search(block.text) or not _TEMPORARY.search(block.text):
            continue
        if _PERSISTENT.search(block.text):
            lines += [
                number
                for number, line in enumerate(block.text.split("\n"), start=block.start + 1)
                if _TEMPORARY.search(line) or _PERSISTENT.search(line) or "reload" in line
            ]
    message = "It is called temporary, the setting is permanent, and nothing resets it."
    return one_hit(lines, message)


def _maintenance(document: Document) -> list[Hit]:
    """Return maintenance that a command switches on, and only a sentence off."""
    about = [one for one in document.statements if _BEGINS.search(one.text)]
    on = [one for one in about if _ON.search(one.text)]
    said = [part.line for part in document.prose if _ENDS.search(part.text)]
    if not on or not said or any(_OFF.search(one.text) for one in about):
        return []
    begins = [one.start - 1 for one in on[:1]]
    message = "A command switches maintenance on, and none switches it off."
    return one_hit([*said, *begins], message)


rule = Rule(
    name="SEM-NO-REVERT",
    severity=Severity.WARNING,
    summary="A temporary change that nothing takes back.",
    look=_look,
)
