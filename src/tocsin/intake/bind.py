"""Take up alerts: join the incident that is open for them, or open one.

Runs after `receive` has made them durable. Safe to run twice or late: an alert is pending
until this has looked at its last change, and at most one incident is open per key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.errors import NotFound
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Action, Incident, Status
from tocsin.core.runbook import Runbook
from tocsin.core.timeline import SYSTEM, EntryKind
from tocsin.core.workspace import Service, Workspace
from tocsin.incidents import lifecycle
from tocsin.incidents.open import Opening, incident_key, open_incident, short_key
from tocsin.intake.choose import Choice, choose, service_of
from tocsin.paging.escalate import wake_again
from tocsin.ports.runbooks import Runbooks
from tocsin.ports.store import Tx
from tocsin.records import timeline

BATCH = 50  # alerts per transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What binding needs to know about the team."""

    workspace: Workspace
    runbooks: Runbooks
    sandbox_missing: str = ""


def bind_pending(tx: Tx, duty: Duty, *, now: datetime, most: int = BATCH) -> int:
    """Take up to `most` pending alerts, oldest first; return how many there were.

    What fires goes before what is resolved: a pod that is replaced by another is one problem
    that goes on, not one that ends and begins.
    """
    alerts = tx.alerts.pending(most)
    for incident_id, more in _firing(tx, duty, alerts, now).items():
        _join(tx, duty, incident_id, more, now)
    for incident_id, over in _resolved(tx, alerts).items():
        _calm(tx, incident_id, over, now)
    return len(alerts)


def _firing(
    tx: Tx, duty: Duty, alerts: list[Alert], now: datetime
) -> dict[IncidentId, list[Alert]]:
    """Give each alert that fires an incident; return those that joined one, by incident."""
    joined: dict[IncidentId, list[Alert]] = {}
    for alert in alerts:
        if alert.status is AlertStatus.FIRING:
            incident_id, opened = _join_or_open(tx, duty, alert, now)
            tx.alerts.settle(alert.id, incident_id)
            if not opened:
                joined.setdefault(incident_id, []).append(alert)
    return joined


def _resolved(tx: Tx, alerts: list[Alert]) -> dict[IncidentId, list[Alert]]:
    """Settle the alerts that are over; return those that belong to an incident, by incident."""
    over: dict[IncidentId, list[Alert]] = {}
    for alert in alerts:
        if alert.status is AlertStatus.RESOLVED:
            tx.alerts.settle(alert.id, alert.incident_id)
            if alert.incident_id is not None:
                over.setdefault(alert.incident_id, []).append(alert)
    return over


def park_oldest(tx: Tx) -> None:
    """Set the oldest pending alert aside: nothing can be made of it, and others wait behind it."""
    for alert in tx.alerts.pending(1):
        tx.alerts.settle(alert.id, alert.incident_id)
        tx.events.quarantine(
            alert.source,
            repr(dict(alert.labels)).encode(),
            "it could not be bound",
            at=alert.changed_at,
        )


def _calm(tx: Tx, incident_id: IncidentId, over: list[Alert], now: datetime) -> None:
    """Note which alerts are over; once all of an incident's are, it is watched."""
    timeline.note(tx, incident_id, EntryKind.ALERT, f"{_named(over)} resolved", at=now)
    incident = tx.incidents.get(incident_id)
    waiting = incident.status in (Status.TRIGGERED, Status.ACKNOWLEDGED)
    if waiting and not tx.alerts.any_firing(incident_id):
        because = "every alert of it is resolved"
        lifecycle.change(tx, incident_id, Action.MITIGATE, by=SYSTEM, now=now, because=because)


def _join(tx: Tx, duty: Duty, incident_id: IncidentId, more: list[Alert], now: datetime) -> None:
    """Note which alerts have joined, and wake people again where that is news."""
    what = _told(f"{_named(more)} joins", more[0])
    timeline.note(tx, incident_id, EntryKind.ALERT, what, at=now)
    _note_hidden(tx, incident_id, more, now)
    incident = tx.incidents.get(incident_id)
    if incident.status is Status.MONITORING:
        because = f"{_named(more)} fires again"
        lifecycle.change(tx, incident_id, Action.RELAPSE, by=SYSTEM, now=now, because=because)
    elif incident.status is Status.TRIGGERED and incident.escalate_at is None:
        wake_again(tx, duty.workspace, duty.runbooks, incident, now=now)


def _named(alerts: list[Alert]) -> str:
    names = list(dict.fromkeys(alert.name for alert in alerts))
    told = ", ".join(names[:3]) + ("…" if len(names) > 3 else "")
    return told if len(alerts) == 1 else f"{len(alerts)} alerts ({told})"


def _join_or_open(tx: Tx, duty: Duty, alert: Alert, now: datetime) -> tuple[IncidentId, bool]:
    """Return the incident an alert belongs to, and whether it was opened for it."""
    service, why = service_of(duty.workspace, alert.labels)
    choice = choose(
        duty.workspace, _runbooks_of(duty, service), service, why, alert.labels, alert.annotations
    )
    key = open_key(choice, alert)
    there = tx.incidents.with_key(key)
    if there is not None:
        return there.id, False
    opened = open_incident(tx, _opening(duty, choice, alert, key), now=now)
    if opened is None:  # another process was faster
        return _open_one(tx, key).id, False
    _note_hidden(tx, opened.id, [alert], now)
    return opened.id, True


def _opening(duty: Duty, choice: Choice, alert: Alert, key: str) -> Opening:
    return Opening(
        workspace=duty.workspace,
        runbooks=duty.runbooks,
        service=choice.service,
        binding=choice.chosen.binding if choice.chosen else None,
        candidates=tuple(each.binding for each in choice.candidates),
        severity=choice.severity,
        severity_rank=choice.severity_rank,
        reason=choice.reason,
        open_key=key,
        title=title(alert, choice),
        cause=_told(f"{alert.name} fires", alert),
        sandbox_missing=duty.sandbox_missing,
        labels=alert.labels,
        alert=alert.name,
    )


def _note_hidden(tx: Tx, incident_id: IncidentId, alerts: list[Alert], now: datetime) -> None:
    for alert in [each for each in alerts if each.hidden][:1]:
        text = (
            f"{alert.source} left out {alert.hidden} more alerts of this group: what is not "
            "listed may be firing or resolved (set max_alerts: 0 there)"
        )
        timeline.note(tx, incident_id, EntryKind.WARNING, text, at=now)


def _open_one(tx: Tx, key: str) -> Incident:
    incident = tx.incidents.with_key(key)
    if incident is None:
        raise NotFound("incident", "It was resolved meanwhile.", hint="The next look opens anew.")
    return incident


def _runbooks_of(duty: Duty, service: Service | None) -> list[Runbook]:
    files = service.runbooks if service else ()
    return [runbook for file in files if (runbook := duty.runbooks.get(file))]


def open_key(choice: Choice, alert: Alert) -> str:
    """Return what makes an alert join an open incident: service and playbook, or its name.

    At most 200 characters: it stands in an index, and alert names have no bound.
    """
    if choice.chosen is not None:
        binding = choice.chosen.binding
        return incident_key(choice.service, binding)
    return short_key(f"{choice.service}|?{alert.name}")


def title(alert: Alert, choice: Choice) -> str:
    """Return what is down, in one line: the alert's summary, else its name."""
    told = alert.annotations.get("summary") or alert.annotations.get("title") or ""
    first = told.strip().splitlines()[0].rstrip(". ") if told.strip() else ""
    return (f"{alert.name}: {first}" if first else f"{alert.name} on {choice.service}")[:300]


def _told(what: str, alert: Alert) -> str:
    labels = summary(alert)
    return f"{what}: {labels}" if labels else what


def summary(alert: Alert) -> str:
    """Return the alert's labels as one line, its name left out."""
    words = [f"{name}={text}" for name, text in sorted(alert.labels.items())]
    return ", ".join(word for word in words if not word.startswith("alertname="))[:500]
