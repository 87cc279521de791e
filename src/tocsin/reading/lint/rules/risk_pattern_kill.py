"""RISK-PATTERN-KILL: everything is killed whose command line fits a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity

_HARD = ("-9", "-KILL", "-SIGKILL")
_FOUND = re.compile(r"\$\(.*\b(pgrep|ps)\b.*\)|`.*\b(pgrep|ps)\b.*`", re.DOTALL)


def _look(document: Document) -> Iterator[Hit]:
    for call in document.calls:
        if _by_pattern(call):
            hard = _is_hard(call)
            yield Hit(
                lines=(call.line,),
                message="Every process whose command line fits is hit, an editor on that file too:"
                + (" and none may finish its work." if hard else " name the service instead."),
                severity=Severity.ERROR if hard else Severity.WARNING,
            )


def _by_pattern(call: Call) -> bool:
    if call.name == "pkill":
        return call.option("-f", "--full") and not call.option("-0")
    if call.name != "kill":
        return False
    piped = "xargs" in call.around and re.search(r"\bps\b.*\|\s*grep|pgrep -\w*f", _whole(call))
    return bool(piped or any(_FOUND.search(word) and "-f" in word for word in call.args))


def _whole(call: Call) -> str:
    return call.statement.text


def _is_hard(call: Call) -> bool:
    signal = (*call.values("-s", "--signal"),)
    return any(word in _HARD for word in call.args) or any("KILL" in one for one in signal)


rule = Rule(
    name="RISK-PATTERN-KILL",
    severity=Severity.ERROR,
    summary="Everything is killed whose command line fits a pattern.",
    look=_look,
)
