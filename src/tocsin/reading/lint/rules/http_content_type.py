"""HTTP-CONTENT-TYPE: JSON is sent as if it were a form."""

from __future__ import annotations

from tocsin.reading.lint import curls
from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_JSON_FILE = (".json", ".jsonl")


def _look(document: Document) -> list[Hit]:
    lines = [
        line
        for call in document.calls_named("curl")
        if _sends_json(call) and not _says_so(call)
        for line in (call.line, call.line_of("-d", "--data"))
    ]
    message = "`curl -d` calls this a form: add `-H 'Content-Type: application/json'`."
    return one_hit(lines, message)


def _sends_json(call: Call) -> bool:
    body = curls.body(call).strip()
    return body.startswith(("{", "[")) or (body.startswith("@") and body.endswith(_JSON_FILE))


def _says_so(call: Call) -> bool:
    named = any(one.lower().startswith("content-type") for one in curls.headers(call))
    return named or call.option("--json") or any("$" in one[:2] for one in curls.headers(call))


rule = Rule(
    name="HTTP-CONTENT-TYPE",
    severity=Severity.ERROR,
    summary="JSON is sent as if it were a form.",
    look=_look,
)
