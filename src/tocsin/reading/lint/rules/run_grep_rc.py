"""RUN-GREP-RC: finding nothing is good news, and looks like a failure."""

from __future__ import annotations

import re

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_LOG = re.compile(r"\.log\b|/var/log/|/logs?/|\blogs?\b")
_SOURCES = ("tail", "cat", "zcat", "journalctl", "dmesg", "docker", "kubectl", "pm2", "head")
_HANDLED = re.compile(r"\|\|")

_FOLLOWS = re.compile(r"\s(?:-[fF]|--follow)\s[^|]{0,200}\|")  # RUN-ENDLESS: it ends with nothing


def _look(document: Document) -> list[Hit]:
    lines = [
        call.line
        for call in document.calls_named("grep", "egrep", "zgrep")
        if not call.feeds and _in_logs(call) and _unhandled(call)
    ]
    message = "`grep` ends with 1 where nothing is found: add `|| true`, or say what that means."
    return one_hit(lines, message)


def _in_logs(call: Call) -> bool:
    if call.fed_by:
        return call.fed_by in _SOURCES and bool(_LOG.search(call.statement.text) or _kernel(call))
    return any(_LOG.search(word) for word in call.operands()[1:])


def _kernel(call: Call) -> bool:
    return call.fed_by in ("dmesg", "journalctl")


def _unhandled(call: Call) -> bool:
    quiet = call.option("-q", "--quiet", "-v", "-c", "--count")
    return not (
        quiet or _HANDLED.search(call.statement.text) or _FOLLOWS.search(call.statement.text)
    )


rule = Rule(
    name="RUN-GREP-RC",
    severity=Severity.INFO,
    summary="Finding nothing is good news, and looks like a failure.",
    look=_look,
)
