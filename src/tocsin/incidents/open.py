"""Open an incident: file it, plan its playbook's run, page the first people, all at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tocsin.core.ids import IncidentId
from tocsin.core.incident import Binding, Incident
from tocsin.core.run import RunState
from tocsin.core.runbook import Playbook
from tocsin.core.timeline import EntryKind
from tocsin.core.workspace import Workspace
from tocsin.paging.escalate import escalate
from tocsin.ports.runbooks import Runbooks
from tocsin.ports.store import Tx
from tocsin.ports.work import Wake, WakeKind
from tocsin.records import timeline
from tocsin.running import hold, record
from tocsin.running.plan import Setting, plan

_LONGEST_KEY = 200  # characters; it stands in an index


def incident_key(service: str, binding: Binding) -> str:
    """Return what at most one open incident has: this service, this playbook."""
    return short_key(f"{service}|{binding.file}#{binding.anchor}")


def short_key(key: str) -> str:
    """Return the key itself, or its hash where it is too long for an index."""
    return key if len(key) <= _LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Everything that is known when an incident opens."""

    workspace: Workspace
    runbooks: Runbooks
    service: str
    binding: Binding | None
    candidates: tuple[Binding, ...]
    severity: str | None
    severity_rank: int
    reason: str
    open_key: str
    title: str
    cause: str  # what the timeline begins with
    sandbox_missing: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)  # of the alert that opens it
    alert: str = ""  # its name


def open_incident(tx: Tx, opening: Opening, *, now: datetime) -> Incident | None:
    """File a new incident and everything that follows at once.

    Returns it, or None if another incident with the same key was opened meanwhile.
    """
    service = opening.workspace.service(opening.service)
    incident = Incident(
        id=IncidentId(0),
        title=opening.title,
        service=opening.service,
        severity=opening.severity,
        severity_rank=opening.severity_rank,
        binding=opening.binding,
        candidates=() if opening.binding else opening.candidates,
        reason=opening.reason,
        open_key=opening.open_key,
        join_key=opening.open_key,
        opened_at=now,
        triggered_at=now,
        escalate_at=now,
    )
    if service is not None:
        incident = replace(incident, soak=service.soak)
    filed = tx.incidents.add(incident)
    if filed is None:
        return None
    timeline.note(tx, filed.id, EntryKind.ALERT, opening.cause, at=now)
    timeline.note(tx, filed.id, EntryKind.BINDING, opening.reason, at=now)
    filed = _with_runs(tx, opening, filed, now)
    escalate(tx, opening.workspace, opening.runbooks, filed.id, now=now)
    return filed


def _with_runs(tx: Tx, opening: Opening, incident: Incident, now: datetime) -> Incident:
    if incident.binding is None:
        return incident
    return plan_runs(
        tx,
        opening.workspace,
        opening.runbooks,
        incident,
        sandbox_missing=opening.sandbox_missing,
        labels=opening.labels,
        alert=opening.alert,
        now=now,
    )


def plan_runs(
    tx: Tx,
    workspace: Workspace,
    runbooks: Runbooks,
    incident: Incident,
    *,
    sandbox_missing: str,
    labels: Mapping[str, str],
    alert: str,
    now: datetime,
    asked_by: str = "",
) -> Incident:
    """File the step runs of the incident's playbook; those that may, run at once.

    `asked_by` is who chose the playbook, where that was a person: they do not approve its steps.
    Returns the incident with the playbook's own soak where it states one, and with its evidence
    held where the playbook forbids that any is deleted.
    """
    service = workspace.service(incident.service)
    binding = incident.binding
    runbook = runbooks.get(binding.file) if binding else None
    playbook = runbook.playbook(binding.anchor) if runbook and binding else None
    if service is None or runbook is None or playbook is None:
        return incident
    setting = Setting(
        workspace=workspace,
        service=service,
        runbook=runbook,
        sandbox_missing=sandbox_missing,
        labels=labels,
        alert=alert,
    )
    asked = [
        replace(step_run, asked_by=asked_by) for step_run in plan(setting, playbook, incident.id)
    ]
    planned = tx.step_runs.add(asked)
    record.note_plan(tx, planned, at=now)
    for step_run in planned:
        if step_run.state is RunState.READY:
            tx.wake(Wake(kind=WakeKind.RUN, subject=step_run.id, at=now))
    if sandbox_missing:
        text = f"nothing runs unattended: {sandbox_missing}"
        timeline.note(tx, incident.id, EntryKind.WARNING, text, at=now)
    return _as_the_playbook_says(tx, playbook, incident, now=now)


def _as_the_playbook_says(
    tx: Tx, playbook: Playbook, incident: Incident, *, now: datetime
) -> Incident:
    bound = hold.held_by(playbook, incident, now=now)
    if bound.held_at is not None and incident.held_at is None:
        hold.tell(tx, bound, now=now)
    if playbook.soak is not None:
        bound = replace(bound, soak=playbook.soak)
    if bound != incident:
        tx.incidents.put(bound)
    return bound
