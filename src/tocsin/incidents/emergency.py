"""Approve a command; and where somebody breaks the glass for it, page the admins."""

from __future__ import annotations

from datetime import datetime

from tocsin.core.ids import StepRunId
from tocsin.core.incident import Incident
from tocsin.core.rights import Permission
from tocsin.core.run import StepRun
from tocsin.core.workspace import Workspace
from tocsin.paging.summon import summon
from tocsin.people.able import able
from tocsin.ports.store import Tx
from tocsin.running import approve as second_look
from tocsin.running.approve import Consent
from tocsin.running.grounds import Grounds


def approve(
    tx: Tx, grounds: Grounds, step_run_id: StepRunId, consent: Consent, *, by: str, now: datetime
) -> StepRun:
    """Approve as `running.approve` does, and tell those who must know. Return the step run.

    Raises:
        Problem: As `running.approve.approve`.
    """
    approved = second_look.approve(tx, grounds, step_run_id, consent, by=by, now=now)
    if consent.break_glass:
        incident = tx.incidents.get(approved.incident_id)
        why = f"{by} broke the glass for “{approved.step_title}”: {consent.reason}"
        people = admins(tx, grounds.workspace, incident)
        summon(tx, grounds.workspace, incident, people, why, about=approved, now=now)
    return approved


def admins(tx: Tx, workspace: Workspace, incident: Incident) -> tuple[str, ...]:
    """Return the admins of the service who can be paged; else the last level of its policy."""
    found = tuple(
        name
        for name in able(tx, Permission.ADMINISTER, incident.service)
        if workspace.person(name) is not None
    )
    service = workspace.service(incident.service)
    policy = workspace.policy(service.policy) if service else None
    return found or (policy.levels[-1].people if policy else ())
