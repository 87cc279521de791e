"""The life of an incident.

    triggered --acknowledge--> acknowledged
      |  ^  ^                     |   |
      |  |  +------- release -----+   |
      |  |                            |
      +--|---- mitigate --------------+--> monitoring --resolve--> resolved
         |                                     |                      |
         +------------- relapse ---------------+                      |
         +------------------------- reopen ---------------------------+

The table below is the whole rule; nothing else in the product changes a status. A person may
resolve from anywhere; by itself an incident resolves only from monitoring. Pressing a button
twice is not an error, so every action may repeat.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.core.errors import Conflict
from tocsin.core.ids import IncidentId


class Status(StrEnum):
    """Where an incident stands. Stored and shown under these very words."""

    TRIGGERED = "triggered"  # nobody has taken it yet: escalation runs
    ACKNOWLEDGED = "acknowledged"  # someone is on it: escalation rests
    MONITORING = "monitoring"  # mitigated, being watched for the soak
    RESOLVED = "resolved"  # service restored; the post-mortem may start


class Action(StrEnum):
    """What a responder, or a timer, may do to an incident."""

    ACKNOWLEDGE = "acknowledge"
    RELEASE = "release"  # hand it back
    MITIGATE = "mitigate"  # the problem is gone as far as we see: watch it
    RELAPSE = "relapse"  # it is back
    RESOLVE = "resolve"
    REOPEN = "reopen"


TRANSITIONS = {
    (Status.TRIGGERED, Action.ACKNOWLEDGE): Status.ACKNOWLEDGED,
    (Status.TRIGGERED, Action.RELEASE): Status.TRIGGERED,
    (Status.TRIGGERED, Action.MITIGATE): Status.MONITORING,
    (Status.TRIGGERED, Action.RELAPSE): Status.TRIGGERED,
    (Status.TRIGGERED, Action.RESOLVE): Status.RESOLVED,
    (Status.TRIGGERED, Action.REOPEN): Status.TRIGGERED,
    (Status.ACKNOWLEDGED, Action.ACKNOWLEDGE): Status.ACKNOWLEDGED,
    (Status.ACKNOWLEDGED, Action.RELEASE): Status.TRIGGERED,
    (Status.ACKNOWLEDGED, Action.MITIGATE): Status.MONITORING,
    (Status.ACKNOWLEDGED, Action.RESOLVE): Status.RESOLVED,
    (Status.MONITORING, Action.ACKNOWLEDGE): Status.MONITORING,
    (Status.MONITORING, Action.MITIGATE): Status.MONITORING,
    (Status.MONITORING, Action.RELAPSE): Status.TRIGGERED,
    (Status.MONITORING, Action.RESOLVE): Status.RESOLVED,
    (Status.RESOLVED, Action.RESOLVE): Status.RESOLVED,
    (Status.RESOLVED, Action.REOPEN): Status.TRIGGERED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Which playbook an incident follows, as the runbook stood when it was chosen."""

    file: str
    anchor: str
    heading: str
    line: int
    runbook_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One disruption and everything decided about it so far."""

    id: IncidentId
    title: str
    service: str
    status: Status = Status.TRIGGERED
    severity: str | None = None  # a level of the runbook's own scheme
    severity_rank: int = 99  # 0 is the worst; for the order on the board
    binding: Binding | None = None  # None: the general process, or a person must choose
    candidates: tuple[Binding, ...] = ()  # what a person may choose from
    reason: str = ""  # why this playbook, with file and line
    open_key: str | None = None  # unique while it is open: what joins it instead of opening anew
    join_key: str = ""  # what `open_key` was and, if it is reopened, will be again
    opened_at: datetime
    triggered_at: datetime  # start of the present wait for someone; reset by release and reopen
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    mitigated_at: datetime | None = None  # when it last entered monitoring
    resolved_at: datetime | None = None
    soak: timedelta = timedelta(minutes=10)
    escalate_at: datetime | None = None  # when the escalation is looked at next
    recover_at: datetime | None = None  # when the recovery is looked at next
    held_at: datetime | None = None  # since when nothing may be destroyed: it is evidence
    held_by: str = ""
    held_because: str = ""  # the sentence of the runbook, or what the person said

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.status is not Status.RESOLVED


def apply(incident: Incident, action: Action, *, by: str, at: datetime) -> Incident:
    """Return the incident as it is after `action`; the argument is left alone.

    An action that has happened already returns the incident unchanged, except that an
    acknowledgement by somebody else hands it over.

    Raises:
        Conflict("incident.transition"): `action` is not possible from this status.
    """
    status = TRANSITIONS.get((incident.status, action))
    if status is None:
        raise Conflict(
            "incident.transition",
            f"Cannot {action} incident {incident.id}: it is {incident.status}.",
            hint="Reopen it first." if incident.status is Status.RESOLVED else "",
        )
    handed_over = action is Action.ACKNOWLEDGE and incident.acknowledged_by != by
    if status is incident.status and not handed_over:
        return incident
    moved = replace(incident, status=status)
    if action is Action.ACKNOWLEDGE:
        return _taken(moved, by=by, at=at)
    if action is Action.MITIGATE:
        return replace(moved, mitigated_at=at, recover_at=at, escalate_at=None)
    if action is Action.RESOLVE:
        return _over(moved, at=at)
    return _waiting(moved, at=at)


def _taken(incident: Incident, *, by: str, at: datetime) -> Incident:
    first = incident.acknowledged_at or at
    return replace(incident, acknowledged_at=first, acknowledged_by=by)


def _over(incident: Incident, *, at: datetime) -> Incident:
    return replace(incident, resolved_at=at, open_key=None, escalate_at=None, recover_at=None)


def _waiting(incident: Incident, *, at: datetime) -> Incident:
    """Return the incident waiting for somebody again: release, relapse and reopen."""
    return replace(
        incident,
        triggered_at=at,
        escalate_at=at,
        recover_at=None,
        acknowledged_by="",
        mitigated_at=None,
        resolved_at=None,
        open_key=incident.join_key or None,
    )
