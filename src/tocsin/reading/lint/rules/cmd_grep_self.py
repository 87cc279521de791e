"""CMD-GREP-SELF: `ps | grep` finds itself."""

from __future__ import annotations

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    lines = [call.line for call in document.calls_named("grep", "egrep") if _finds_itself(call)]
    return one_hit(lines, "`grep` is in the list too: use `pgrep -af`, or write `[n]ame`.")


def _finds_itself(call: Call) -> bool:
    pattern = next(iter(call.operands()), "")
    named = call.fed_by == "ps" and pattern and "[" not in pattern
    inverted = call.option("-v", "-c") or "grep -v" in call.statement.text
    return bool(named) and not inverted and "ps -C" not in call.statement.text


rule = Rule(
    name="CMD-GREP-SELF",
    severity=Severity.INFO,
    summary="`ps | grep` finds itself.",
    look=_look,
)
