"""RUN-PAGER: output opens in a pager when a person runs it."""

from __future__ import annotations

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_SYSTEMCTL = ("status", "list-units", "list-timers", "list-unit-files", "show", "cat")
_GIT = ("log", "diff", "show")
_JOURNAL_ONLY = ("--disk-usage", "--rotate", "--flush", "--sync", "--verify", "--vacuum")


def _look(document: Document) -> list[Hit]:
    lines = [call.line for call in document.calls if _pages(call)]
    return one_hit(lines, "Opens a pager on a terminal: add `--no-pager`.")


def _pages(call: Call) -> bool:
    if call.feeds or call.option("--no-pager", "-f", "--follow") or _into_file(call):
        return False
    verb = next(iter(call.operands()), "")
    if call.name == "systemctl":
        return verb in _SYSTEMCTL
    if call.name == "git":
        return verb in _GIT and not call.option("--oneline", "--stat", "--quiet")
    return call.name == "journalctl" and not any(
        word.startswith(_JOURNAL_ONLY) for word in call.args
    )


def _into_file(call: Call) -> bool:
    return any(one.startswith((">", "1>", "&>")) for one in call.redirects)


rule = Rule(
    name="RUN-PAGER",
    severity=Severity.INFO,
    summary="Output opens in a pager when a person runs it.",
    look=_look,
)
