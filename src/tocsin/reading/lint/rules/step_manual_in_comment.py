"""STEP-MANUAL-IN-COMMENT: something a person has to do stands in a comment between commands."""

from __future__ import annotations

import re

from tocsin.core.runbook import Block, Language
from tocsin.reading.lint.blocks import Remarks, remarks_in
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

# said even where a command follows: the command does not do it
_BY_HAND = re.compile(
    r"^(?:solution|set|add|edit|change|then|fix|action)\s*:|^edit\s+\S+\.\w+|^then\b.*:$"
    r"|\b(?:edit|change|update) (?:the )?\S+\.(?:ya?ml|json|conf|ini|toml|env|php|py|js|ts)\b",
    re.IGNORECASE,
)
_DOES = re.compile(
    r"^(?:\d+[.)]\s*)?(?:or |if [^,:]+[,:] )?(?:use|set|add|edit|change|update|increase|decrease"
    r"|reduce|raise|lower|enable|disable|implement|configure|contact|notify|ask|call|filter|verify"
    r"|check|review|wait|upgrade|restart|remove|replace|adjust|tune|consider|open|go to|log in"
    r"|move|scale|switch|rotate|block|apply|ensure|identify|tighten|return|queue|monitor)\b"
    r"|\bshould\b.*\bautomatically\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"^[\w./-]+ -{1,2}\w|[|;]\s|^\$|=\S+$|\(\)|^(?:sudo|docker|kubectl|psql|curl|git) "
)
_EXPECTED = re.compile(
    r"^(?:expect|output|should (?:be|show|return|see)|e\.g\.|example|note)", re.IGNORECASE
)


def _look(document: Document) -> list[Hit]:
    lines = [
        line
        for block in document.runbook.blocks
        if any(statement.language is not Language.PROMQL for statement in block.statements)
        for line in _by_hand(block)
    ]
    message = "A person has to do this, and it stands where only commands are looked for."
    return one_hit(lines, message)


def _by_hand(block: Block) -> list[int]:
    found: list[int] = []
    for remarks in remarks_in(block):
        found += [number for number, words in remarks.lines if _BY_HAND.search(words)]
        if not remarks.labels:
            found += _without_command(remarks)
    return found


def _without_command(remarks: Remarks) -> list[int]:
    """Return the lines of a run of comments that nothing follows, where it asks for something."""
    asked = [words for _, words in remarks.lines if _DOES.search(words) and not _CODE.search(words)]
    if not asked or any(_EXPECTED.search(words) for _, words in remarks.lines):
        return []
    return [number for number, words in remarks.lines if words and not _CODE.search(words)]


rule = Rule(
    name="STEP-MANUAL-IN-COMMENT",
    severity=Severity.WARNING,
    summary="Something a person has to do stands in a comment between commands.",
    look=_look,
)
