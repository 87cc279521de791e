"""RUN-HEAVY: a look that walks the whole machine."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_ROOT = ("/", "/*")


def _look(document: Document) -> Iterator[Hit]:
    finds = [call.line for call in document.calls_named("find") if _walks_all(call)]
    yield from one_hit(finds, "`find /` crosses into every file system, `/proc` too: add `-xdev`.")
    sizes = [call.line for call in document.calls_named("du") if _sums_all(call)]
    yield from one_hit(
        sizes,
        "`du` over `/` crosses into every file system: add `-x`.",
        severity=Severity.INFO,
    )


def _walks_all(call: Call) -> bool:
    bounded = any(word in ("-xdev", "-mount", "-maxdepth", "-fstype") for word in call.args)
    return call.args[:1] == ("/",) and not bounded


def _sums_all(call: Call) -> bool:
    return any(word in _ROOT for word in call.args) and not call.option("-x", "--one-file-system")


rule = Rule(
    name="RUN-HEAVY",
    severity=Severity.WARNING,
    summary="A look that walks the whole machine.",
    look=_look,
)
