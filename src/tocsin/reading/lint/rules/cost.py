"""COST: a test that costs money each time it is run."""

from __future__ import annotations

import re

from tocsin.reading.lint import curls
from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.promises import promise_of
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_BILLED = re.compile(
    r"/(chat/completions|completions|responses|embeddings|images/generations|audio/speech"
    r"|generateContent|:generateContent|Messages\.json|v1/messages|messages/send|v1/charges"
    r"|payment_intents|sms)\b"
)
_TESTS = re.compile(
    r"\b(test|check|verify|connectivity|health|probe|ping|reach\w*|working|status)\b", re.I
)


def _look(document: Document) -> list[Hit]:
    lines = [
        line
        for call in document.calls_named("curl")
        if _is_billed(call) and _TESTS.search(promise_of(document, call.statement).text)
        for line in (call.line, call.line_of("-d", "--data", "--json"))
    ]
    message = "Every test of this kind is billed: ask a free address, such as the list of models."
    return one_hit(lines, message)


def _is_billed(call: Call) -> bool:
    return bool(curls.body(call)) and bool(_BILLED.search(curls.address(call)))


rule = Rule(
    name="COST",
    severity=Severity.WARNING,
    summary="A test that costs money each time it is run.",
    look=_look,
)
