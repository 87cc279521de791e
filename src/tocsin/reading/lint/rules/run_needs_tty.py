"""RUN-NEEDS-TTY: a terminal is asked for where none is needed."""

from __future__ import annotations

from itertools import pairwise

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit
from tocsin.reading.lint.terminals import wants_person

_CONTAINERS = ("docker", "podman", "kubectl", "oc", "docker-compose")


def _look(document: Document) -> list[Hit]:
    calls = document.calls
    lines = [
        outer.line
        for outer, inner in pairwise(calls)
        if _asks(outer) and inner.around[-1:] == (f"{outer.name} exec",) and not wants_person(inner)
    ]
    message = "Without a terminal `-t` fails (`the input device is not a TTY`): leave `-it` away."
    return one_hit(lines, message)


def _asks(call: Call) -> bool:
    return (
        call.name in _CONTAINERS
        and "exec" in call.args
        and call.option("-t", "--tty")
        and not call.fed_by
    )


rule = Rule(
    name="RUN-NEEDS-TTY",
    severity=Severity.ERROR,
    summary="A terminal is asked for where none is needed.",
    look=_look,
)
