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
from tocsin.core.timeline import EntryKind
from tocsin.core.workspace import Service, Workspace
from tocsin.incidents import lifecycle
from tocsin.incidents.open import Opening, open_incident
from tocsin.intake.choose import Choice, choose, service_of
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
    """Take up to `most` pending alerts, oldest first; return how many there were."""
    alerts = tx.alerts.pending(most)
    for alert in alerts:
        _take_up(tx, duty, alert, now)
    return len(alerts)


def _take_up(tx: Tx, duty: Duty, alert: Alert, now: datetime) -> None:
    if alert.status is AlertStatus.RESOLVED:
        tx.alerts.settle(alert.id, alert.incident_id)
        if alert.incident_id is not None:
            _calm(tx, alert, alert.incident_id, now)
        return
    tx.alerts.settle(alert.id, _join_or_open(tx, duty, alert, now))


def _calm(tx: Tx, alert: Alert, incident_id: IncidentId, now: datetime) -> None:
    """Note that one alert is over; once all are, the incident is watched."""
    timeline.note(tx, incident_id, EntryKind.ALERT, f"{alert.name} resolved", at=now)
    incident = tx.incidents.get(incident_id)
    firing = [
        each
        for each in tx.alerts.of_incident(incident_id)
        if each.status is AlertStatus.FIRING and each.id != alert.id
    ]
    if not firing and incident.status in (Status.TRIGGERED, Status.ACKNOWLEDGED):
        because = "every alert of it is resolved"
        lifecycle.change(tx, incident_id, Action.MITIGATE, by="tocsin", now=now, because=because)


def _join_or_open(tx: Tx, duty: Duty, alert: Alert, now: datetime) -> IncidentId:
    service, why = service_of(duty.workspace, alert.labels)
    choice = choose(
        duty.workspace, _runbooks_of(duty, service), service, why, alert.labels, alert.annotations
    )
    key = open_key(choice, alert)
    opening = Opening(
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
        cause=f"{alert.name} fires: {summary(alert)}",
        sandbox_missing=duty.sandbox_missing,
    )
    opened = None if tx.incidents.with_key(key) else open_incident(tx, opening, now=now)
    incident = opened or _open_one(tx, key)
    if opened is None:
        text = f"{alert.name} joins: {summary(alert)}"
        timeline.note(tx, incident.id, EntryKind.ALERT, text, at=now)
    if alert.hidden:
        timeline.note(tx, incident.id, EntryKind.WARNING, _hidden(alert), at=now)
    if incident.status is Status.MONITORING:
        because = f"{alert.name} fires again"
        lifecycle.change(tx, incident.id, Action.RELAPSE, by="tocsin", now=now, because=because)
    return incident.id


def _hidden(alert: Alert) -> str:
    return (
        f"{alert.source} left out {alert.hidden} more alerts of this group: what is not listed "
        "may be firing or resolved (set max_alerts: 0 there)"
    )


def _open_one(tx: Tx, key: str) -> Incident:
    incident = tx.incidents.with_key(key)
    if incident is None:
        raise NotFound("incident", "It was resolved meanwhile.", hint="The next look opens anew.")
    return incident


def _runbooks_of(duty: Duty, service: Service | None) -> list[Runbook]:
    files = service.runbooks if service else ()
    return [runbook for file in files if (runbook := duty.runbooks.get(file))]


def open_key(choice: Choice, alert: Alert) -> str:
    """Return what makes an alert join an open incident: service and playbook, or its name."""
    if choice.chosen is not None:
        return f"{choice.service}|{choice.chosen.runbook.file}#{choice.chosen.playbook.anchor}"
    return f"{choice.service}|?{alert.name}"


def title(alert: Alert, choice: Choice) -> str:
    """Return what is down, in one line: the alert's summary, else its name."""
    told = alert.annotations.get("summary") or alert.annotations.get("title") or ""
    first = told.strip().splitlines()[0].rstrip(". ") if told.strip() else ""
    return (f"{alert.name}: {first}" if first else f"{alert.name} on {choice.service}")[:300]


def summary(alert: Alert) -> str:
    """Return the alert's labels as one line, its name left out."""
    words = [f"{name}={text}" for name, text in sorted(alert.labels.items())]
    return ", ".join(word for word in words if not word.startswith("alertname="))[:500]
