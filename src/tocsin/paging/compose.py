"""What a page says: what is down first, then severity, since when, what was found, the link."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from tocsin.core.ids import StepRunId
from tocsin.core.incident import Incident
from tocsin.core.page import EMERGENCY, Delivery, Page
from tocsin.core.run import FINISHED, StepRun
from tocsin.core.times import write_duration, write_instant
from tocsin.ports.channels import Message

_FOUND_LINES = 5
_LONGEST_LINE = 100
_LONGEST_TITLE = 120
_LONGEST_REASON = 400
_ROW_COUNT = re.compile(r"\(\d+ rows?.*\)")


def compose(
    incident: Incident,
    page: Page,
    delivery: Delivery,
    step_runs: list[StepRun],
    outputs: Mapping[StepRunId, str],
    *,
    link: str,
    now: datetime,
) -> Message:
    """Return the message for one delivery. Its key is the same for every attempt."""
    title = one_line(incident.title, _LONGEST_TITLE)
    severity = one_line(incident.severity or "no severity", 20)
    since = write_duration(now - incident.opened_at)
    lines = [
        f"{title} is {incident.status}",
        f"Severity {severity}, service {one_line(incident.service, 60)}",
        f"Since {write_instant(incident.opened_at)} ({since} ago)",
        "",
        *_emergency(page),
        *_found(step_runs, outputs),
        f"Open, acknowledge, see what to do:\n{link}",
        "",
        f"Paged: {page.person}. Incident #{incident.id}. Key {delivery.id}.",
    ]
    return Message(
        key=f"tocsin-delivery-{delivery.id}",
        subject=f"[{severity}] {title} (#{incident.id})",
        text="\n".join(lines),
        link=link,
        facts=_facts(incident, page),
    )


def _emergency(page: Page) -> list[str]:
    return [one_line(page.reason, _LONGEST_REASON), ""] if page.rung >= EMERGENCY else []


def one_line(text: str, longest: int) -> str:
    """Return text from outside as one printable line of at most `longest` characters."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    single = " ".join(printable.split())
    return single if len(single) <= longest else single[: longest - 1] + "…"


def _found(step_runs: list[StepRun], outputs: Mapping[StepRunId, str]) -> list[str]:
    rows: list[str] = []
    for step_run in step_runs:
        if step_run.state in FINISHED and (output := outputs.get(step_run.id, "").strip()):
            found = one_line(_telling(output), _LONGEST_LINE)
            rows.append(f"- {one_line(step_run.step_title, 60)}: {found}")
    return ["Found so far:", *rows[:_FOUND_LINES], ""] if rows else []


def _telling(output: str) -> str:
    """Return the last line that says something: not the count below a table of rows."""
    lines = [line for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if not _ROW_COUNT.fullmatch(line.strip())]
    return (telling or lines)[-1]


def _facts(incident: Incident, page: Page) -> dict[str, object]:
    return {
        "incident": incident.id,
        "title": incident.title,
        "service": incident.service,
        "severity": incident.severity,
        "status": incident.status.value,
        "opened_at": incident.opened_at.isoformat(),
        "playbook": incident.binding.heading if incident.binding else None,
        "person": page.person,
        "reason": page.reason,
    }
