"""RISK-IMPACT: a database everybody needs is restarted while they work."""

from __future__ import annotations

import re

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.promises import comment_above, heading_of, lead_of, topic_of
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit
from tocsin.reading.lint.services import act_of, is_database

_DOWN = re.compile(
    r"\b(down|not running|stopped|crash\w*|unresponsive|not respond\w*|unavailable|unreachable|hung"
    r"|fail(s|ed|ing|ure|ures|over)?|won't start|unhealthy|corrupt\w*|upgrade|maintenance"
    r"|restore)\b",
    re.IGNORECASE,
)
_PREPARES = re.compile(
    r"\b(drain\w*|maintenance|downtime|outage|interrupt\w*|read-only|fail ?over|off-hours)\b", re.I
)
_NEAR = 60  # lines above a command that still speak of it
_TOOLS = ("systemctl", "service", "docker", "docker-compose", "podman", "rc-service")


def _look(document: Document) -> list[Hit]:
    lines = [
        line
        for call in document.calls
        if _interrupts(call) and not _expected(document, call)
        for line in (*comment_above(document, call.line).lines, call.line)
    ]
    message = "A restart of the database is an outage for everybody: say so, and what drains."
    return one_hit(lines, message)


def _interrupts(call: Call) -> bool:
    act = act_of(call) if call.name in _TOOLS else None
    if act is None or act.verb != "restart":
        return False
    return any(is_database(name) for name in act.names)


def _expected(document: Document, call: Call) -> bool:
    """Whether it is down anyway, or what the restart costs is said."""
    step, heading = document.step_at(call.line), heading_of(document, call.line)
    playbook = document.playbook_at(call.line)
    topic = playbook.heading if playbook else topic_of(document, call.line)
    about = " ".join((heading.text, topic, lead_of(document, call.line).text))
    if _DOWN.search(about) or (step is not None and step.condition):
        return True
    first = max(heading.lines[0] if heading.lines else 1, call.line - _NEAR)
    return bool(_PREPARES.search("\n".join(document.mended_lines[first - 1 : call.line])))


rule = Rule(
    name="RISK-IMPACT",
    severity=Severity.WARNING,
    summary="A database everybody needs is restarted while they work.",
    look=_look,
)
