"""RUN-NO-ERREXIT: the restart comes although what it needs has failed."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.order import calls_by_block, handles_failure
from tocsin.reading.lint.rule import Hit, Rule, Severity, together
from tocsin.reading.lint.services import act_of

_PRODUCERS: dict[str, tuple[str, ...]] = {
    "git": ("revert", "pull", "checkout", "reset", "merge", "switch", "cherry-pick"),
    "npm": ("install", "ci", "run"),
    "yarn": ("install", "build"),
    "pnpm": ("install", "build", "run"),
    "pip": ("install",),
    "composer": ("install",),
    "bundle": ("install",),
    "mvn": ("package", "install", "verify"),
    "gradle": ("build",),
    "go": ("build",),
    "cargo": ("build",),
    "alembic": ("upgrade", "downgrade"),
    "docker": ("build",),
    "docker-compose": ("build",),
}
_BRINGS_UP = ("restart", "start", "reload", "try-restart", "reload-or-restart")


def _look(document: Document) -> Iterator[Hit]:
    for block, row in calls_by_block(document):
        if handles_failure(block):
            continue
        made = [call for call in row if _produces(call)]
        end = next((call for call in row if made and _brings_up(call, made[0])), None)
        if end is not None:
            lines = [call.line for call in (*made, end) if call.line <= end.line]
            message = f"`{end.text}` runs even if `{made[0].text}` failed: chain them with `&&`."
            yield Hit(lines=together(lines), message=message)


def _produces(call: Call) -> bool:
    verbs = _PRODUCERS.get(call.name, ())
    words = call.operands()
    if call.name not in ("docker", "docker-compose"):
        words = words[:2]  # what follows is named by the team, and may be called anything
    return call.name == "make" or any(word in verbs for word in words)


def _brings_up(call: Call, made: Call) -> bool:
    act = act_of(call)
    later = call.line > made.line and call.statement is not made.statement
    return later and act is not None and act.verb in _BRINGS_UP


rule = Rule(
    name="RUN-NO-ERREXIT",
    severity=Severity.ERROR,
    summary="The restart comes although what it needs has failed.",
    look=_look,
)
