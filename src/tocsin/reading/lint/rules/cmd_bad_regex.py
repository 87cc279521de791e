"""CMD-BAD-REGEX: the pattern means something else than it looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_STATUSES = re.compile(r"^\(?[1-5]\d\d(\\?\|[1-5]\d\d)+\)?$")
_BARE_OR = re.compile(r"^[\w .:-]*\w\|\w[\w .:|-]*$")
_ESCAPED_OR = re.compile(r"\w\\\|\w")
_TAKES = ("-e", "--regexp", "-f", "-A", "-B", "-C", "-m", "--include", "--exclude")


def _look(document: Document) -> Iterator[Hit]:
    greps = [(call, _pattern(call)) for call in document.calls_named("grep", "egrep", "zgrep")]
    yield from one_hit(
        [call.line for call, pattern in greps if _STATUSES.match(pattern)],
        "These digits are found anywhere in a line, in sizes and addresses too: name the column.",
    )
    yield from one_hit(
        [call.line for call, pattern in greps if _BARE_OR.match(pattern) and _is_basic(call)],
        r"Without `-E` a `|` is an ordinary character: write `-E`, or `\|`.",
        severity=Severity.ERROR,
    )
    yield from one_hit(
        [call.line for call, pattern in greps if _is_escaped(call, pattern)],
        r"With `-E` a `\|` is an ordinary character: write `|`.",
        severity=Severity.ERROR,
    )


def _pattern(call: Call) -> str:
    given = call.values("-e", "--regexp")
    words = [
        word
        for before, word in zip(("", *call.args), call.args, strict=False)
        if before not in _TAKES and not word.startswith("-")
    ]
    return next(iter((*given, *words)), "")


def _is_basic(call: Call) -> bool:
    return call.name != "egrep" and not call.option(
        "-E", "-P", "-F", "--extended-regexp", "--perl-regexp", "--fixed-strings"
    )


def _is_escaped(call: Call, pattern: str) -> bool:
    extended = call.name == "egrep" or call.option("-E", "--extended-regexp")
    return extended and bool(_ESCAPED_OR.search(pattern))


rule = Rule(
    name="CMD-BAD-REGEX",
    severity=Severity.WARNING,
    summary="The pattern means something else than it looks like.",
    look=_look,
)
