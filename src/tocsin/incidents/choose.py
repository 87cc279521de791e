"""Choose a playbook for an incident that several of them claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tocsin.core.errors import Conflict, NotFound
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Binding, Incident
from tocsin.core.runbook import Playbook, Runbook
from tocsin.core.timeline import EntryKind
from tocsin.core.workspace import Workspace
from tocsin.incidents.open import incident_key, plan_runs
from tocsin.ports.runbooks import Runbooks
from tocsin.ports.store import Tx
from tocsin.ports.work import Wake, WakeKind
from tocsin.records import timeline


def choose(
    tx: Tx,
    workspace: Workspace,
    runbooks: Runbooks,
    incident_id: IncidentId,
    anchor: str,
    *,
    by: str,
    now: datetime,
    sandbox_missing: str = "",
) -> Incident:
    """Bind the incident to one of its candidates and plan its run; return it.

    Raises:
        NotFound("incident"), NotFound("playbook"): It is not one of the candidates.
        Conflict("incident.bound"): It follows a playbook already.
    """
    incident = tx.incidents.get(incident_id)
    if incident.binding is not None:
        raise Conflict("incident.bound", f"It follows {incident.binding.heading} already.")
    binding = _candidate(incident, anchor)
    runbook = runbooks.get(binding.file)
    playbook = runbook.playbook(binding.anchor) if runbook else None
    if runbook is None or playbook is None:
        raise NotFound("playbook", f"{binding.file} no longer has {binding.heading}.")
    bound = _bound(incident, binding, runbook, playbook, by=by)
    key = incident_key(incident.service, binding)
    if tx.incidents.with_key(key) is None and incident.open_key is not None:
        bound = replace(bound, open_key=key, join_key=key)
    bound = replace(bound, escalate_at=incident.escalate_at and now)
    tx.incidents.put(bound)
    timeline.note(tx, incident_id, EntryKind.BINDING, bound.reason, at=now, actor=by)
    if bound.escalate_at is not None:
        tx.wake(Wake(kind=WakeKind.ESCALATE, subject=incident_id, at=now))
    first = min(tx.alerts.of_incident(incident_id), key=lambda alert: alert.id, default=None)
    return plan_runs(
        tx,
        workspace,
        runbooks,
        bound,
        sandbox_missing=sandbox_missing,
        labels=first.labels if first else {},
        alert=first.name if first else "",
        asked_by=by,
        now=now,
    )


def _candidate(incident: Incident, anchor: str) -> Binding:
    for candidate in incident.candidates:
        if anchor in (candidate.anchor, f"{candidate.file}#{candidate.anchor}"):
            return candidate
    raise NotFound("playbook", f"{anchor!r} is not one of the candidates.")


def _bound(
    incident: Incident, binding: Binding, runbook: Runbook, playbook: Playbook, *, by: str
) -> Incident:
    level = runbook.severity(playbook.severity)
    return replace(
        incident,
        binding=replace(binding, runbook_sha256=runbook.sha256),
        candidates=(),
        severity=playbook.severity or incident.severity,
        severity_rank=level.rank if level else incident.severity_rank,
        reason=f"{playbook.heading} ({binding.file}:{binding.line}): chosen by {by}",
    )
