"""RUN-BAD-ARGS: an option for one value is given several, or none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity

_MANY = re.compile(r"^(?:\$\(|`)\s*(?:sudo\s+)?(pgrep|pidof)\b(?P<rest>.*)", re.DOTALL)
_ONE = re.compile(r"\s-[a-z]*[dnos]\b|\s-[a-z]*[dnos]\s|\b(head|tail|tr|paste)\b")
_SINGLE = {
    "top": ("-p",),
    "htop": ("-p",),
    "strace": ("-p",),
    "gdb": ("-p",),
    "perf": ("-p",),
    "lsof": ("-p",),
    "nsenter": ("-t",),
    "jstack": (),
    "jmap": (),
    "jcmd": (),
}


def _look(document: Document) -> Iterator[Hit]:
    for call in document.calls:
        if call.name in _SINGLE and any(_several(word) for word in _single_values(call)):
            message = (
                f"`{call.name}` takes one process here, `pgrep` may print several or none:"
                " use `pgrep -o` or `-d,`, and check that there is one."
            )
            yield Hit(lines=(call.line,), message=message)


def _single_values(call: Call) -> tuple[str, ...]:
    options = _SINGLE[call.name]
    return call.values(*options) if options else call.args[-1:]


def _several(word: str) -> bool:
    found = _MANY.match(word)
    return bool(found) and not _ONE.search(found["rest"] if found else "")


rule = Rule(
    name="RUN-BAD-ARGS",
    severity=Severity.ERROR,
    summary="An option for one value is given several, or none.",
    look=_look,
)
