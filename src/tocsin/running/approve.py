"""What people say about step runs: approve, skip, tick, run again, settle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.core.approval import LASTS, Second, enough, sealed, standing
from tocsin.core.errors import Conflict
from tocsin.core.ids import StepRunId
from tocsin.core.incident import Incident
from tocsin.core.risk import Risk
from tocsin.core.run import Approval, RunState, StepRun, refuse_unbound
from tocsin.core.timeline import EntryKind
from tocsin.ports.store import Tx
from tocsin.records.rows import approval_facts
from tocsin.running import gate, record, repeats, revoked, spread
from tocsin.running.advance import ready
from tocsin.running.as_written import asked_for, taken_back
from tocsin.running.grounds import Grounds
from tocsin.running.spread import EVERYWHERE, Where
from tocsin.running.stop import reason_of

_AGAIN = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.HELD})
_LONGEST_REASON = 1000  # characters
_LONGEST_SHOWN = 200  # characters of a command on the timeline; the whole stays with the step run


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What somebody says when approving."""

    fingerprint: str  # of the command that was looked at
    attempt: int | None = None  # which attempt it was shown for; None: the one that waits
    repeat: bool = False  # although the same was started a moment ago
    typed: str = ""  # the target's name, where that is asked for
    break_glass: bool = False  # in an emergency, against the rules that may be broken
    reason: str = ""


def approve(
    tx: Tx,
    grounds: Grounds,
    step_run_id: StepRunId,
    consent: Consent,
    *,
    by: str,
    now: datetime,
) -> StepRun:
    """Approve exactly what was looked at, once. Return the step run.

    What counts is the step run as runbook and workspace have it now, whatever its row says. It
    is ready then, or still waiting where somebody else has to approve it as well.

    Raises:
        NotFound("run"), Conflict("run.state"): It does not wait for an approval.
        Conflict("approval.other_command"), Conflict("approval.late"): What would run is not
            what was shown, or it has run since.
        Conflict: A rule is against it; the code says which.
        Invalid("reason.missing"): The glass is broken without a reason.
    """
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state is not RunState.WAITING or step_run.command is None:
        raise _wrong_state(step_run, "approve")
    incident = tx.incidents.get(step_run.incident_id)
    step_run = grounds.as_it_is_now(incident, step_run)
    gate.refuse_gone(step_run)
    gate.refuse_forbidden(tx, incident, step_run)
    refuse_unbound(step_run)
    _refuse_unseen(step_run, consent)
    _refuse_broken_rules(tx, grounds, incident, step_run, consent, by=by, now=now)
    approval = sealed(_approval(step_run, consent, by=by, now=now), step_run, grounds.key)
    _refuse_twice(tx, grounds, step_run, approval, now=now)
    tx.step_runs.approve(approval)
    return _approved(tx, grounds, incident, step_run, approval, now=now)


def _refuse_unseen(step_run: StepRun, consent: Consent) -> None:
    command = step_run.command
    if command is None or consent.fingerprint != command.fingerprint():
        raise Conflict(
            "approval.other_command",
            "What you saw is not what would run now.",
            hint="Look at the command again and approve it anew.",
        )
    if consent.attempt not in (None, step_run.attempt + 1):
        raise Conflict(
            "approval.late",
            "What you saw has run since, and this answer comes too late.",
            hint="Look at what came of it, and approve it anew if it is still needed.",
        )


def _refuse_broken_rules(
    tx: Tx,
    grounds: Grounds,
    incident: Incident,
    step_run: StepRun,
    consent: Consent,
    *,
    by: str,
    now: datetime,
) -> None:
    """Raise where a rule is against it that only an emergency may break."""
    if consent.break_glass:
        reason_of(consent.reason)
        return
    if by in step_run.askers:
        raise Conflict(
            "approval.own",
            "You asked for this yourself: somebody else has to approve it.",
            hint="In an emergency break the glass, with a reason.",
        )
    typing = step_run.risk is Risk.DESTROY and grounds.second(incident) is Second.TYPED
    if typing and not _typed(step_run, consent):
        raise Conflict(
            "approval.typed",
            "This destroys something: type the name of the target to approve it.",
        )
    said = repeats.said(tx, grounds.workspace.approvals.repeat, step_run, now=now)
    if said and not consent.repeat:
        raise Conflict("approval.repeat", said, hint="Say that it is to be repeated, if it is.")


def _typed(step_run: StepRun, consent: Consent) -> bool:
    return step_run.command is not None and consent.typed.strip() == step_run.command.target


def _approval(step_run: StepRun, consent: Consent, *, by: str, now: datetime) -> Approval:
    return Approval(
        step_run_id=step_run.id,
        attempt=step_run.attempt + 1,
        fingerprint=consent.fingerprint,
        by=by,
        at=now,
        expires_at=now + LASTS,
        broke_glass=consent.break_glass,
        reason=" ".join(consent.reason.split())[:_LONGEST_REASON],
        repeat=consent.repeat,
        typed=_typed(step_run, consent),
    )


def _refuse_twice(
    tx: Tx, grounds: Grounds, step_run: StepRun, approval: Approval, *, now: datetime
) -> None:
    given = _given(tx, grounds, step_run, now=now)
    if approval.by in [each.by for each in given] and not approval.broke_glass:
        raise Conflict(
            "approval.twice",
            "You have approved this already: it needs somebody else, too.",
            hint="In an emergency break the glass, with a reason.",
        )


def _given(tx: Tx, grounds: Grounds, step_run: StepRun, *, now: datetime) -> list[Approval]:
    """Return the approvals that count now: of those who may still approve, in time."""
    incident = tx.incidents.get(step_run.incident_id)
    given = revoked.still_allowed(tx, incident, tx.step_runs.approvals(step_run.id))
    return standing(step_run, given, grounds.key, now=now)


def _approved(
    tx: Tx,
    grounds: Grounds,
    incident: Incident,
    step_run: StepRun,
    approval: Approval,
    *,
    now: datetime,
) -> StepRun:
    """Make it ready if nobody else is needed, and say so."""
    given = _given(tx, grounds, step_run, now=now)
    names = " and ".join(sorted({each.by for each in given}))
    if enough(step_run, given, grounds.second(incident)):
        after = ready(tx, replace(step_run, by=names), now=now)
    else:
        until = min(each.expires_at for each in given)
        said = f"approved by {names}; one more person has to approve it by {until:%H:%M} UTC"
        after = tx.step_runs.put(replace(step_run, said=said))
    kind = EntryKind.WARNING if approval.broke_glass else EntryKind.APPROVAL
    facts = {"approval": approval_facts(approval)}
    record.note(tx, after, kind, _told(approval, step_run), at=now, by=approval.by, facts=facts)
    return after


def _told(approval: Approval, step_run: StepRun) -> str:
    how = (
        f"approved, breaking the glass ({approval.reason})," if approval.broke_glass else "approved"
    )
    command = step_run.command
    return f"{how} on {command.target}: {_shown(command.text)}" if command else how


def skip(tx: Tx, step_run_id: StepRunId, *, by: str, note: str, now: datetime) -> StepRun:
    """Leave a step run out. Skipping twice is harmless.

    Raises:
        NotFound("run"), Conflict("run.state"): It has run, or is running.
    """
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state is RunState.SKIPPED:
        return step_run
    if step_run.state not in (RunState.WAITING, RunState.MANUAL, RunState.HELD):
        raise _wrong_state(step_run, "skip")
    return _close(tx, step_run, RunState.SKIPPED, by=by, note=note, now=now)


def tick(tx: Tx, step_run_id: StepRunId, *, by: str, note: str, now: datetime) -> StepRun:
    """Say that a person has done a manual step. Ticking twice is harmless.

    Raises:
        NotFound("run"), Conflict("run.state"): It is not a manual step.
    """
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state is RunState.TICKED:
        return step_run
    if step_run.state not in (RunState.MANUAL, RunState.WAITING):
        raise _wrong_state(step_run, "tick")
    return _close(tx, step_run, RunState.TICKED, by=by, note=note, now=now)


def run_again(
    tx: Tx,
    grounds: Grounds,
    step_run_id: StepRunId,
    *,
    by: str,
    now: datetime,
    where: Where = EVERYWHERE,
    as_written: bool = False,
) -> StepRun:
    """Run a look again, now; put what needs an approval back to waiting for a new one.

    What was asked for as written runs in its usual form again, also while it still waits.

    Raises:
        NotFound("run"), Conflict("run.state"): It has not ended.
        Conflict("run.host"): It has none of these hosts, or has succeeded on all.
        Conflict("run.as_written"): There is nothing to run as written.
        Conflict("approval.gone"): The runbook no longer holds it.
    """
    step_run = tx.step_runs.get(step_run_id)
    if step_run.command is None or not _may_run_again(step_run, as_written):
        raise _wrong_state(step_run, "run again")
    hosts = spread.hosts_again(tx, step_run, where)
    step_run = replace(step_run, command=replace(step_run.command, hosts=hosts))
    incident = tx.incidents.get(step_run.incident_id)
    if as_written:
        again = tx.step_runs.put(asked_for(grounds, incident, step_run, by=by))
        record.note(tx, again, EntryKind.RUN, "asked for as it is written", at=now, by=by)
        return again
    if step_run.as_written:
        step_run = taken_back(grounds, incident, step_run)
    if step_run.always_asks:
        again = replace(step_run, state=RunState.WAITING, said="", by="", asked_by=by)
        again = tx.step_runs.put(again)
    else:
        again = ready(tx, step_run, now=now)
    record.note(tx, again, EntryKind.RUN, "asked for again", at=now, by=by)
    return again


def _may_run_again(step_run: StepRun, as_written: bool) -> bool:
    taking_back = step_run.state is RunState.WAITING and step_run.as_written and not as_written
    return step_run.state in _AGAIN or taking_back


def settle(
    tx: Tx, step_run_id: StepRunId, succeeded: bool, *, by: str, note: str, now: datetime
) -> StepRun:
    """Say what became of a change whose outcome is unknown: on the hosts on which it is.

    It has failed all the same where it never ran on others.

    Raises:
        NotFound("run"), Conflict("run.state"): Its outcome is known.
    """
    step_run = tx.step_runs.get(step_run_id)
    if step_run.state is not RunState.UNKNOWN:
        raise _wrong_state(step_run, "settle")
    state = RunState.SUCCEEDED if succeeded else RunState.FAILED
    short = spread.settle(tx, step_run, state, now=now)
    if short:
        note, state = f"{note.strip()}; {short}".lstrip("; "), RunState.FAILED
    return _close(tx, step_run, state, by=by, note=note, now=now)


def _close(
    tx: Tx, step_run: StepRun, state: RunState, *, by: str, note: str, now: datetime
) -> StepRun:
    closed = replace(step_run, state=state, by=by, finished_at=now, said=note.strip()[:1000])
    closed = tx.step_runs.put(closed)
    said = f": {closed.said}" if closed.said else ""
    record.note(tx, closed, EntryKind.RUN, f"{state}{said}", at=now, by=by)
    return closed


def _wrong_state(step_run: StepRun, wish: str) -> Conflict:
    return Conflict("run.state", f"Cannot {wish} step run {step_run.id}: it is {step_run.state}.")


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
