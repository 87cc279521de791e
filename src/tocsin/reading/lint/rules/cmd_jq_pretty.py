"""CMD-JQ-PRETTY: objects on several lines each, read as if each were one."""

from __future__ import annotations

import re

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_BY_LINE = ("tail", "head", "wc", "sort", "uniq")
_OBJECTS = re.compile(r"(^|\|)\s*(select\(.*\)|\{.*\}|\.\[\]|\.\w+\[\])\s*$", re.DOTALL)


def _look(document: Document) -> list[Hit]:
    lines = [call.line for call in document.calls_named("jq") if _is_pretty(call)]
    return one_hit(lines, "`jq` prints an object on several lines: add `-c` before counting them.")


def _is_pretty(call: Call) -> bool:
    written = next(iter(call.operands()), "")
    compact = call.option("-c", "--compact-output", "-r", "--raw-output", "-j")
    by_line = call.feeds[:1] and call.feeds[0] in _BY_LINE
    return bool(by_line) and not compact and bool(_OBJECTS.search(written))


rule = Rule(
    name="CMD-JQ-PRETTY",
    severity=Severity.WARNING,
    summary="Objects on several lines each, read as if each were one.",
    look=_look,
)
