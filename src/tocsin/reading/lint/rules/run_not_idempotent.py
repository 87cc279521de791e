"""RUN-NOT-IDEMPOTENT: following it twice does something else than following it once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_CONFIG = re.compile(
    r"(^|\s)(/etc/|~/\.|/root/\.|\$HOME/\.|\S*\.(conf|cfg|ini|env|ya?ml)\b|\S*authorized_keys)"
)
_SWAP = re.compile(r"swap", re.IGNORECASE)
_GUARD = re.compile(r"grep -q|\|\||\bif \[|\[\[? -[ef]|\btest -[ef]")


def _look(document: Document) -> list[Hit]:
    lines = [line for call in document.calls for line in _repeated(call)]
    return one_hit(lines, "A second run fails, or adds the same line or rule once more.")


def _repeated(call: Call) -> Iterator[int]:
    if _GUARD.search(call.statement.text):
        return
    if call.name == "tee" and call.option("-a", "--append") and _CONFIG.search(call.text):
        yield call.line
    if any(one.startswith(">>") and _CONFIG.search(one[2:]) for one in call.redirects):
        yield call.line
    if call.name == "fallocate" and _SWAP.search(call.text):
        yield call.line
    if call.name in ("iptables", "ip6tables") and call.option("-A", "--append"):
        yield call.line


rule = Rule(
    name="RUN-NOT-IDEMPOTENT",
    severity=Severity.WARNING,
    summary="Following it twice does something else than following it once.",
    look=_look,
)
