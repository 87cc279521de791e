"""RUN-CURL-NO-FAIL: `curl` calls an error page a success."""

from __future__ import annotations

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.fix import word_edits
from tocsin.reading.lint.mentions import mentioned_calls
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_ASSERTS = ("grep", "egrep", "rg")
_WRITE_OUT = ("-w", "--write-out")


def _look(document: Document) -> list[Hit]:
    calls = [*document.calls_named("curl"), *mentioned_calls(document, "curl")]
    lines = [call.line for call in calls if _passes(call)]
    edits = word_edits(document, lines, "curl ", "curl -f ")
    message = "`curl` ends with 0 on an HTTP error, so a 503 looks healthy: add `--fail`."
    return one_hit(lines, message, edits=edits)


def _passes(call: Call) -> bool:
    """Whether nobody notices an HTTP error: neither curl nor what reads its output."""
    if call.option("-f", "--fail", "--fail-with-body") or not call.args:
        return False
    if any("http_code" in word or "response_code" in word for word in call.values(*_WRITE_OUT)):
        return False
    asks_only = call.option("--version", "--help", "-V")
    return not asks_only and not any(name in _ASSERTS for name in call.feeds)


rule = Rule(
    name="RUN-CURL-NO-FAIL",
    severity=Severity.WARNING,
    summary="`curl` calls an error page a success.",
    look=_look,
)
