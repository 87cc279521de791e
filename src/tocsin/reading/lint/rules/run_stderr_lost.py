"""RUN-STDERR-LOST: what is filtered went past the filter."""

from __future__ import annotations

import re
from itertools import pairwise

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_FILTERS = ("grep", "egrep", "rg")
_WORDS = re.compile(r"[A-Za-z]{3}")


def _look(document: Document) -> list[Hit]:
    calls = document.calls
    lines = [
        source.line
        for source, reader in pairwise(calls)
        if _writes_to_stderr(source) and _filters(source, reader)
    ]
    message = "The pipe sees standard output only, and this writes to standard error: add `2>&1`."
    return one_hit(lines, message)


def _writes_to_stderr(call: Call) -> bool:
    if any("&" in one for one in call.redirects) or "|&" in call.statement.text:
        return False
    if call.name in ("docker", "podman"):
        return call.args[:1] == ("logs",)
    if call.name == "nginx":
        return call.option("-t", "-v", "-V") and not call.option("-T")
    return call.name == "java" and call.args[:1] == ("-version",)


def _filters(source: Call, reader: Call) -> bool:
    """Whether the reader looks for words; a look for figures is one into an access log."""
    pattern = next(iter(reader.operands()), "")
    direct = source.feeds[:1] == (reader.name,) and reader.line <= source.end + 1
    return direct and reader.name in _FILTERS and bool(_WORDS.search(pattern))


rule = Rule(
    name="RUN-STDERR-LOST",
    severity=Severity.WARNING,
    summary="What is filtered went past the filter.",
    look=_look,
)
