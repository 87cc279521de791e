"""RISK-NO-ROLLBACK: a service is stopped, and nothing brings it back if the work fails."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.order import calls_by_block, handles_failure
from tocsin.reading.lint.rule import Hit, Rule, Severity, together
from tocsin.reading.lint.services import Act, act_of

_WORK = {
    "certbot": ("renew", "certonly"),
    "apt": ("install", "upgrade"),
    "apt-get": ("install", "upgrade"),
    "yum": ("install", "update"),
    "dnf": ("install", "upgrade"),
    "pg_restore": (),
    "pg_upgrade": (),
    "pg_basebackup": (),
    "mongorestore": (),
    "rsync": (),
    "fsck": (),
    "e2fsck": (),
    "xfs_repair": (),
    "alembic": ("upgrade", "downgrade"),
    "flyway": ("migrate",),
    "docker": ("pull", "build"),
    "git": ("pull", "checkout"),
    "npm": ("ci", "install", "run"),
}


def _look(document: Document) -> Iterator[Hit]:
    for block, row in calls_by_block(document):
        if not handles_failure(block):
            yield from _windows(row)


def _windows(row: tuple[Call, ...]) -> Iterator[Hit]:
    acts = [act for call in row if (act := act_of(call)) is not None]
    for stop in (act for act in acts if act.verb == "stop" and act.names):
        start = next((act for act in acts if _brings_back(act, stop)), None)
        work = [call for call in row if start and _between(call, stop, start) and _may_fail(call)]
        if start and work:
            lines = (stop.call.line, *(call.line for call in work[:1]), start.call.line)
            message = f"If `{work[0].text}` fails, {stop.names[0]} stays stopped."
            yield Hit(lines=together(lines), message=message)


def _brings_back(act: Act, stop: Act) -> bool:
    later = act.call.line > stop.call.line and act.verb in ("start", "restart")
    return later and (not act.names or bool(set(act.names) & set(stop.names)))


def _between(call: Call, stop: Act, start: Act) -> bool:
    return stop.call.line < call.line < start.call.line


def _may_fail(call: Call) -> bool:
    if call.name not in _WORK:
        return False
    verbs = _WORK[call.name]
    return not verbs or any(word in verbs for word in call.operands()[:2])


rule = Rule(
    name="RISK-NO-ROLLBACK",
    severity=Severity.ERROR,
    summary="A service is stopped, and nothing brings it back if the work fails.",
    look=_look,
)
