"""One problem a source reports as firing or resolved, and how later reports change it.

Identity is (source, fingerprint, starts_at as it was written): Alertmanager's peers send the
same notification more than once, and it writes nanoseconds that a datetime would round away.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.core.ids import AlertId, IncidentId

LATE = timedelta(minutes=2)
"""How long after a resolution a firing report of the same identity counts as a straggler.

Longer than an Alertmanager peer waits before it sends too (position x 15 s); after it, the
same identity firing means the problem is back, and a firing alert is never swallowed.
"""


class AlertStatus(StrEnum):
    """What the source said last."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One alert as one message reports it, checked but not yet stored."""

    fingerprint: str
    starts_at: str  # exactly as the source wrote it
    status: AlertStatus
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    ends_at: str = ""  # empty while firing
    generator_url: str = ""
    hidden: int = 0  # how many more alerts its message left out (Alertmanager's max_alerts)

    @property
    def identity(self) -> tuple[str, str]:
        """What makes two reports of one source the same alert."""
        return self.fingerprint, self.starts_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert as we hold it."""

    id: AlertId
    source: str
    fingerprint: str
    starts_at: str
    status: AlertStatus
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    ends_at: str = ""
    generator_url: str = ""
    hidden: int = 0
    received_at: datetime  # when it first came
    changed_at: datetime  # when its status last changed
    pending: bool = False  # no stage after intake has looked at the last change yet
    incident_id: IncidentId | None = None

    @property
    def name(self) -> str:
        """The alert's name, or a stand-in: no source promises that label."""
        return self.labels.get("alertname") or "(no alertname)"


class Change(StrEnum):
    """What a report did to an alert that we held already."""

    NONE = "none"  # nothing new: a repeat, or a peer's copy
    RESOLVED = "resolved"
    FIRED_AGAIN = "fired again"
    LATE = "late"  # a straggler from before the resolution
    ANNOTATED = "annotated"  # still firing, with other annotations


def update(alert: Alert, report: Report, *, at: datetime) -> tuple[Alert, Change]:
    """Return the alert as it is after the report, and what changed."""
    if report.status is AlertStatus.RESOLVED:
        if alert.status is AlertStatus.RESOLVED:
            return alert, Change.NONE
        ended = replace(
            alert, status=report.status, ends_at=report.ends_at, changed_at=at, pending=True
        )
        return ended, Change.RESOLVED
    if alert.status is AlertStatus.FIRING:
        if dict(alert.annotations) == dict(report.annotations):
            return alert, Change.NONE
        return replace(alert, annotations=report.annotations), Change.ANNOTATED
    if alert.starts_at and at - alert.changed_at < LATE:
        return alert, Change.LATE
    again = replace(
        alert,
        status=AlertStatus.FIRING,
        annotations=report.annotations,
        ends_at="",
        changed_at=at,
        pending=True,
    )
    return again, Change.FIRED_AGAIN


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return a fingerprint of a label set for sources that send none: 32 hex digits."""
    written = json.dumps(sorted(labels.items()), ensure_ascii=False)
    return hashlib.blake2b(written.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
