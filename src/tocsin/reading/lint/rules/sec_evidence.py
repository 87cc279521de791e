"""SEC-EVIDENCE: what an investigation needs is deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.destruction import empties_store
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_INVESTIGATED = re.compile(r"\bevidence\b|\bforensic|\bsecurity (?:breach|incident)", re.IGNORECASE)
_KEEP = re.compile(
    r"\b(?:do not|don't|never|must not)\b[^.]{0,30}\b(?:delete|destroy|remove|touch|alter)\b"
    r"[^.]{0,30}\b(?:evidence|logs?)\b",
    re.IGNORECASE,
)
_LOGS = re.compile(r"\blogs?\b|\.log\b|/log/|journal", re.IGNORECASE)


def _look(document: Document) -> Iterator[Hit]:
    if not any(_INVESTIGATED.search(part.text) for part in document.prose):
        return
    logs = [call.line for call in document.calls if _deletes_logs(call)]
    message = "Logs are deleted that an investigation needs: keep a copy, or let logrotate do it."
    yield from one_hit(logs, message)
    forbidden = [
        part.line
        for part in document.prose
        if _KEEP.search(part.text.replace("*", "")) and "logs" not in part.text
    ]
    sessions = [call.line for call in document.calls if empties_store(call)]
    if forbidden and sessions:
        message = "Evidence must be kept, and nothing keeps sessions from being flushed."
        yield from one_hit([*forbidden, *sessions], message)


def _deletes_logs(call: Call) -> bool:
    if call.name == "find":
        return "-delete" in call.args and bool(_LOGS.search(call.text))
    if call.name == "journalctl":
        return any(word.startswith("--vacuum") for word in call.args)
    return call.name in ("rm", "shred", "truncate") and bool(_LOGS.search(call.text))


rule = Rule(
    name="SEC-EVIDENCE",
    severity=Severity.WARNING,
    summary="What an investigation needs is deleted.",
    look=_look,
)
