"""What we hold, as the API and the pages show it: names, times as text, nothing secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tocsin.app import App
from tocsin.core.alert import Alert
from tocsin.core.escalation import progress
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Binding, Incident, Status
from tocsin.core.page import Delivery, Page
from tocsin.core.parameter import Parameter
from tocsin.core.run import HostRun, RunState, StepRun
from tocsin.core.runbook import Runbook
from tocsin.core.timeline import Entry
from tocsin.paging.climb import ladder_of
from tocsin.ports.store import Tx
from tocsin.running.exposed import warnings

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """Something that is due on an incident."""

    what: str
    at: datetime


def instant(at: datetime | None) -> str | None:
    """Return `at` as ISO 8601 in UTC, to the millisecond."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def incident(app: App, tx: Tx, incident_id: int) -> Shown:
    """Return everything about one incident.

    Raises:
        NotFound("incident")
    """
    wanted = IncidentId(incident_id)
    found = tx.incidents.get(wanted)
    outputs = tx.step_runs.outputs(wanted)
    host_runs = tx.step_runs.all_host_runs(wanted)
    runs = sorted(tx.step_runs.of_incident(wanted), key=lambda each: each.position)
    return {
        **summary(app, found),
        "reason": found.reason,
        "candidates": [binding(each) for each in found.candidates],
        "alerts": [alert(each) for each in tx.alerts.of_incident(wanted)],
        "steps": [
            step(each, outputs.get(each.id, ""), host_runs.get(each.id, ())) for each in runs
        ],
        "pages": pages(tx.pages.of_incident(wanted), tx.pages.deliveries(wanted)),
        "timeline": [entry(each) for each in tx.timeline.of_incident(wanted)],
    }


def summary(app: App, found: Incident) -> Shown:
    """Return what a list of incidents shows of one."""
    return {
        "id": found.id,
        "title": found.title,
        "service": found.service,
        "status": found.status.value,
        "severity": found.severity,
        "severity_rank": found.severity_rank,
        "playbook": playbook(found),
        "opened_at": instant(found.opened_at),
        "triggered_at": instant(found.triggered_at),
        "acknowledged_at": instant(found.acknowledged_at),
        "acknowledged_by": found.acknowledged_by,
        "mitigated_at": instant(found.mitigated_at),
        "resolved_at": instant(found.resolved_at),
        "held_at": instant(found.held_at),
        "held_by": found.held_by,
        "held_because": found.held_because,
        "deadlines": [
            {"what": each.what, "at": instant(each.at)} for each in deadlines(app, found)
        ],
    }


def playbook(found: Incident) -> Shown | None:
    """Return the playbook an incident follows, with the reason; None where there is none."""
    return {**binding(found.binding), "reason": found.reason} if found.binding else None


def binding(bound: Binding) -> Shown:
    """Return where a playbook stands."""
    return {
        "heading": bound.heading,
        "anchor": bound.anchor,
        "file": bound.file,
        "line": bound.line,
        "runbook_sha256": bound.runbook_sha256,
    }


def deadlines(app: App, found: Incident) -> list[Deadline]:
    """Return what is due on an incident and when, the next first."""
    due = [*_answer_by(app, found)]
    if found.status is Status.MONITORING and found.mitigated_at:
        due.append(Deadline(what="Resolves if it holds until", at=found.mitigated_at + found.soak))
    return sorted(due, key=lambda each: each.at)


def _answer_by(app: App, found: Incident) -> list[Deadline]:
    runbook = app.runbooks.get(found.binding.file) if found.binding else None
    pages_at = _pages_next_at(app, runbook, found)
    level = runbook.severity(found.severity) if runbook else None
    within = level.respond_within if level and found.status is Status.TRIGGERED else None
    respond_by = found.triggered_at + within if within else None
    if respond_by and respond_by == pages_at:
        return [Deadline(what="Respond, or the next page goes out at", at=respond_by)]
    due = []
    if respond_by:
        due.append(Deadline(what="Respond by", at=respond_by))
    if pages_at:
        due.append(Deadline(what="The next page goes out at", at=pages_at))
    return due


def _pages_next_at(app: App, runbook: Runbook | None, found: Incident) -> datetime | None:
    """Return when the escalation reaches its next rung; None where it rests."""
    climbing = ladder_of(app.workspace, runbook, found)
    if climbing is None or found.escalate_at is None:
        return None
    if found.status is not Status.TRIGGERED:
        lasting = tuple(rung for rung in climbing.rungs if rung.although_acknowledged)
        climbing = replace(climbing, rungs=lasting)
    now = app.now()
    next_in = progress(climbing, now - found.triggered_at).next_in
    return now + next_in if next_in else None


def alert(found: Alert) -> Shown:
    """Return one alert as its source reported it."""
    return {
        "id": found.id,
        "source": found.source,
        "name": found.name,
        "status": found.status.value,
        "labels": dict(found.labels),
        "annotations": dict(found.annotations),
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
        "received_at": instant(found.received_at),
        "changed_at": instant(found.changed_at),
    }


def step(run: StepRun, output: str | None, host_runs: Sequence[HostRun] = ()) -> Shown:
    """Return one step run with the exact text that would run, or ran, and where.

    Args:
        run: The step run.
        output: What it printed; None where that is left out.
        host_runs: What it has come to on each of its hosts.
    """
    command = run.command
    return {
        "id": run.id,
        "incident_id": run.incident_id,
        "position": run.position,
        "step_title": run.step_title,
        "step_line": run.step_line,
        "phase": run.phase.value,
        "label": run.label,
        "start": run.start,
        "end": run.end,
        "language": command.language.value if command else None,
        "target": command.target if command else None,
        "hosts": list(command.hosts) if command else [],
        "run_as": command.run_as if command else "",
        "host_runs": [host_run(each) for each in host_runs],
        "text": command.text if command else "",
        "as_written": run.text,
        "rewritten": bool(command and command.text != run.text),
        "asked_as_written": run.as_written,
        "parameters": [parameter(each) for each in run.parameters],
        "unbound": [each.name for each in run.unbound],
        "risk": run.risk.value,
        "why": list(run.why),
        "warnings": list(warnings(run)),
        "state": run.state.value,
        "said": run.said,
        "exit_status": run.exit_status,
        "output": output,
        "fingerprint": command.fingerprint() if command else None,
        "environment": list(command.environment_names) if command else [],
        "by": run.by,
        "attempt": run.attempt,
        "started_at": instant(run.started_at),
        "finished_at": instant(run.finished_at),
    }


def host_run(found: HostRun) -> Shown:
    """Return what a step run has come to on one of its hosts, the last time it was to run there."""
    return {
        "host": found.host,
        "attempt": found.attempt,
        "state": found.state.value,
        "exit_status": found.exit_status,
        "said": found.said,
        "started_at": instant(found.started_at),
        "finished_at": instant(found.finished_at),
    }


def parameter(found: Parameter) -> Shown:
    """Return one parameter of a step run, its value and where that comes from."""
    return {
        "name": found.name,
        "type": found.type.value,
        "placeholder": found.placeholder,
        "choices": list(found.choices),
        "allowed": found.allowed,
        "value": found.value,
        "source": found.source.value,
        "origin": found.origin,
        "bound": found.bound,
    }


def waits_for_a_person(run: Shown) -> bool:
    """Whether somebody has to decide or do something about a step run."""
    return run["state"] in (RunState.WAITING, RunState.MANUAL, RunState.UNKNOWN)


def pages(sent: Sequence[Page], deliveries: Sequence[Delivery]) -> list[Shown]:
    """Return the pages of an incident with what became of each delivery."""
    return [
        {
            "id": page.id,
            "person": page.person,
            "round": page.round,
            "rung": page.rung,
            "made_at": instant(page.made_at),
            "reason": page.reason,
            "deliveries": [delivery(each) for each in deliveries if each.page_id == page.id],
        }
        for page in sent
    ]


def delivery(found: Delivery) -> Shown:
    """Return one delivery."""
    return {
        "channel": found.channel,
        "state": found.state.value,
        "attempts": found.attempts,
        "due_at": instant(found.due_at),
        "said": found.said,
    }


def entry(found: Entry) -> Shown:
    """Return one entry of the timeline."""
    return {
        "seq": found.seq,
        "at": instant(found.at),
        "actor": found.actor,
        "kind": found.kind.value,
        "text": found.text,
        "facts": dict(found.facts),
        "sha256": found.sha256,
    }
