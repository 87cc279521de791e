"""Our own checks: the probes that look, and what they report."""

from __future__ import annotations

import importlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import cast

from tocsin.core.alert import Alert, AlertStatus, Report, fingerprint
from tocsin.core.check import CheckEvent
from tocsin.core.workspace import CheckKind, Workspace
from tocsin.ports.executors import SecretOf
from tocsin.ports.inbox import Incoming
from tocsin.ports.probes import Probe
from tocsin.worker.conditions import CHECK_LABEL, CHECKS

_PROBES: Mapping[CheckKind, tuple[str, str]] = {
    CheckKind.HTTP: ("http", "HttpProbe"),
    CheckKind.TCP: ("tcp", "TcpProbe"),
    CheckKind.COMMAND: ("command", "CommandProbe"),
    CheckKind.SQL: ("sql", "SqlProbe"),
    CheckKind.CERTIFICATE: ("certificate", "CertificateProbe"),
    CheckKind.DISK: ("disk", "DiskProbe"),
    CheckKind.MEMORY: ("memory", "MemoryProbe"),
    CheckKind.PROCESS: ("process", "ProcessProbe"),
    CheckKind.QUEUE: ("queue", "QueueProbe"),
    CheckKind.UNIT: ("unit", "UnitProbe"),
}
"""Kind -> module and class: a probe is imported when a check needs it, since drivers are slow."""

_PLACED = frozenset({CheckKind.COMMAND, CheckKind.DISK, CheckKind.UNIT})
"""Kinds whose probe starts in the workspace's directory."""

_ASKING = frozenset({CheckKind.SQL, CheckKind.QUEUE})
"""Kinds whose probe asks a target, which may want a password."""


def probes(workspace: Workspace, secret: SecretOf) -> Mapping[CheckKind, Probe]:
    """Return what looks for each kind of check that the workspace has."""
    kinds = {check.kind for check in workspace.checks}
    return {kind: _probe(kind, workspace, secret) for kind in kinds}


def _probe(kind: CheckKind, workspace: Workspace, secret: SecretOf) -> Probe:
    module, name = _PROBES[kind]
    made = getattr(importlib.import_module(f"tocsin.adapters.probes.{module}"), name)
    if kind in _ASKING:
        return cast(Probe, made(secret))
    return cast(Probe, made(workspace.directory) if kind in _PLACED else made())


def incoming_of(event: CheckEvent) -> Incoming:
    """Return what one of our own checks reports, as any source would."""
    check = event.check
    labels = {**check.labels, "alertname": check.alert, CHECK_LABEL: check.name}
    annotations = {"summary": f"{check.name}: {event.said}"}
    if event.figure is not None:
        annotations["value"] = f"{event.figure:g}"
    report = Report(
        fingerprint=fingerprint({CHECK_LABEL: check.name}),
        starts_at=event.starts_at.isoformat(),
        status=AlertStatus.FIRING if event.firing else AlertStatus.RESOLVED,
        labels=labels,
        annotations=annotations,
        ends_at=event.ends_at.isoformat() if event.ends_at else "",
    )
    raw = json.dumps({"check": check.name, "firing": event.firing, "said": event.said})
    return Incoming(source=CHECKS, raw=raw.encode(), reports=(report,))


def still_watched(
    firing: Sequence[Alert], names: Collection[str]
) -> tuple[dict[str, datetime], list[Alert]]:
    """Return since when each check fires, by name, and the alerts that no check will ever end.

    Those are of checks that were removed or renamed, and older ones of a check that fires
    under a newer identity.

    Args:
        firing: What fires of our own checks, the oldest first.
        names: The checks there are.
    """
    newest: dict[str, tuple[datetime, Alert]] = {}
    for alert in firing:
        name, since = alert.labels.get(CHECK_LABEL, ""), _instant(alert.starts_at)
        if name in names and since is not None:
            newest[name] = (since, alert)
    kept = {alert.id for _, alert in newest.values()}
    gone = [alert for alert in firing if alert.id not in kept]
    return {name: since for name, (since, _) in newest.items()}, gone


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def ended_with_their_checks(gone: Sequence[Alert], *, at: datetime) -> Incoming:
    """Return the report that these alerts are over, since nothing looks at them any more."""
    reports = tuple(
        Report(
            fingerprint=alert.fingerprint,
            starts_at=alert.starts_at,
            status=AlertStatus.RESOLVED,
            labels=alert.labels,
            annotations=alert.annotations,
            ends_at=at.isoformat(),
        )
        for alert in gone
    )
    names = [alert.labels.get(CHECK_LABEL, "") for alert in gone]
    raw = json.dumps({"checks": names, "said": "no check watches this any more"})
    return Incoming(source=CHECKS, raw=raw.encode(), reports=reports)
