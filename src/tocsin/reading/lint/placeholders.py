"""Words that stand for something the reader of a runbook has to put in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Names of kinds of things: as the last part of a word they say that no thing is meant yet.
_KINDS = "ip|id|name|host|hostname|pattern|type|value|user|username|email|bucket|region|token"

_TAGS = "br|b|i|a|p|div|details|summary"
_SURE = re.compile(
    rf"(?P<angle>(?<![<>\w&$-])<(?=[A-Za-z])(?!/?(?:{_TAGS})\b)[A-Za-z0-9_. -]{{1,40}}>(?![>&]))"
    r"|(?P<your>\b(?:YOUR|MY|SOME)[_-][A-Z0-9_-]+\b|\byour[-_][a-z][a-z0-9_-]*\b(?!\.))"
    r"|(?P<x>\b[a-z]{1,4}-x{3,}\b|\bX{3,}\b|\bx{4,}\b|\bREPLACE_?ME\b|\bCHANGE_?ME\b)"
    r"|(?P<upper>(?<![\w${.<\"-])[A-Z]{2,}_(?:ID|IP|NAME|HOST|PORT)\b(?![=\w(}]))"
    r"|(?P<bracket>(?<=[ =/@])\[[A-Z][A-Za-z _-]+\](?=\s|$|/))"
)
_DOUBTFUL = re.compile(
    rf"(?P<kind>(?<![\w$./@-])(?:[a-z]+[-_])+(?:{_KINDS})(?:_?\d)?(?![\w/.=(-]))"
    r"|(?P<address>(?<![\d.])(?:1\.2\.3\.4|192\.0\.2\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+)(?![\d.]))"
)
_QUOTED = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """One placeholder and the line of the file it stands on."""

    word: str
    line: int
    sure: bool  # nobody would call anything so


def placeholders_in(text: str, line: int) -> Iterator[Placeholder]:
    """Return the placeholders in code whose first line is `line` of the file."""
    for number, code in enumerate(text.split("\n"), start=line):
        for found in _SURE.finditer(code):
            yield Placeholder(word=found[0], line=number, sure=True)
        for found in _DOUBTFUL.finditer(code):
            if found["address"] or _is_a_value(code, found.start()):
                yield Placeholder(word=found[0], line=number, sure=False)


def _is_a_value(code: str, at: int) -> bool:
    """Whether the word at that place stands alone between quotes: no column, no option."""
    before = code[:at]
    return before.endswith(("'", '"', ":")) and bool(_QUOTED.search(code))
