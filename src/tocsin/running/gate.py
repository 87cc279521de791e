"""The one gate: whether a step run may start now.

What would run is planned again from the runbook and the workspace as they are, and must be what
the row says; then it needs its approvals. Whatever a row, an approval or a target was altered
to, this is where it is refused.
"""

from __future__ import annotations

from datetime import datetime

from tocsin.core.approval import may_start, needs_approval
from tocsin.core.errors import Conflict
from tocsin.core.incident import Incident
from tocsin.core.risk import Risk
from tocsin.core.run import Approval, RunState, StepRun, refuse_unbound
from tocsin.core.timeline import EntryKind
from tocsin.ports.store import Tx
from tocsin.running import clock, repeats, revoked, stop
from tocsin.running.grounds import GONE, Grounds


def pass_through(tx: Tx, grounds: Grounds, step_run: StepRun, *, node: str, now: datetime) -> None:
    """Return if the step run may start now, and use up its approvals; raise if it may not.

    Raises:
        Conflict: Why not: its code is the first rule that is against it.
    """
    incident = tx.incidents.get(step_run.incident_id)
    current = grounds.as_it_is_now(incident, step_run)
    refuse_altered(step_run, current)
    refuse_forbidden(tx, incident, current)
    refuse_unbound(current)
    if needs_approval(current, confined=grounds.confines(current)):
        clock.refuse_set_back(tx, node=node, now=now)
        _spend(tx, grounds, incident, current, now=now)


def refuse_forbidden(tx: Tx, incident: Incident, step_run: StepRun) -> None:
    """Raise where no approval helps.

    Raises:
        Conflict("stop.standing"): Everything is stopped.
        Conflict("hold.evidence"): It destroys, and the incident's evidence is held.
        Conflict("incident.resolved"): It changes something, and the incident is over.
    """
    stop.refuse(tx)
    if step_run.risk is Risk.DESTROY and incident.held_at is not None:
        raise Conflict(
            "hold.evidence",
            f"Nothing may be destroyed: {incident.held_because}",
            hint="Somebody who may approve can lift the hold, with a reason.",
        )
    if step_run.changes and not incident.is_open:
        raise Conflict(
            "incident.resolved",
            f"Incident {incident.id} is resolved.",
            hint="Reopen it first, if this is still needed.",
        )


def refuse_gone(step_run: StepRun) -> None:
    """Raise if the runbook no longer holds the statement.

    Raises:
        Conflict("approval.gone")
    """
    if step_run.command is None or step_run.command.runbook_sha256 == GONE:
        raise Conflict(
            "approval.gone",
            "The runbook no longer holds this statement.",
            hint="Do it by hand if it is still right, and tick it.",
        )


def refuse_altered(step_run: StepRun, current: StepRun) -> None:
    """Raise if a row is not what the runbook and the workspace make of it now.

    Raises:
        Conflict("approval.gone"), Conflict("approval.runbook_changed"),
        Conflict("approval.target_changed"), Conflict("approval.altered")
    """
    written, now = step_run.command, current.command
    # a newer release may word things of a look otherwise; of a change all was looked at
    same_look = not step_run.changes and (written, step_run.risk) == (now, current.risk)
    if current == step_run or same_look:
        return
    if now is None or written is None or now.runbook_sha256 == GONE:
        raise Conflict(
            "approval.gone", "The runbook has changed and no longer holds this statement."
        )
    if now.runbook_sha256 != written.runbook_sha256:
        raise Conflict("approval.runbook_changed", "The runbook has changed since it was read.")
    if now.target_sha256 != written.target_sha256:
        raise Conflict(
            "approval.target_changed", f"The target {now.target} is set up differently now."
        )
    raise Conflict(
        "approval.altered", "What is on file is not what the runbook and the workspace make of it."
    )


def _spend(
    tx: Tx, grounds: Grounds, incident: Incident, step_run: StepRun, *, now: datetime
) -> None:
    _refuse_replay(tx, step_run)
    given = tx.step_runs.approvals(step_run.id)
    approvals = revoked.still_allowed(tx, incident, given)
    within = grounds.workspace.approvals.repeat
    repeated = repeats.said(tx, within, step_run, now=now, for_the_record=True)
    terms = grounds.terms(incident, step_run, repeats=repeated)
    for approval in may_start(step_run, approvals, terms, now=now):
        _use(tx, approval, now)


def _use(tx: Tx, approval: Approval, now: datetime) -> None:
    if not tx.step_runs.use_approval(approval, at=now):
        raise Conflict("approval.used", "This approval was used already.")


def _refuse_replay(tx: Tx, step_run: StepRun) -> None:
    """Raise if the timeline knows that this attempt was started, whatever the rows say."""
    for entry in tx.timeline.of_step_run(step_run.incident_id, step_run.id):
        facts = entry.facts
        started = entry.kind is EntryKind.RUN and facts.get("state") == RunState.STARTED
        about = (facts.get("step_run"), facts.get("attempt"))
        if started and about == (step_run.id, step_run.attempt + 1):
            raise Conflict("approval.used", "This attempt was started already.")
