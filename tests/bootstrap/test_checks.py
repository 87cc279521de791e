"""Which alerts of our own checks go on, and which end, when the server starts."""

from __future__ import annotations

from datetime import UTC, datetime

from tocsin.bootstrap.checks import ended_with_their_checks, still_watched
from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.ids import AlertId

NOW = datetime(2026, 1, 5, 3, tzinfo=UTC)


def alert(number: int, name: str, starts_at: str) -> Alert:
    return Alert(
        id=AlertId(number),
        source="checks",
        fingerprint=name,
        starts_at=starts_at,
        status=AlertStatus.FIRING,
        labels={"check": name},
        received_at=NOW,
        changed_at=NOW,
    )


def test_a_check_goes_on_under_its_newest_alert_and_the_others_end() -> None:
    """One check fires once; what was removed, is older, or has no time, nobody would end."""
    older = alert(1, "disk", "2026-01-05T01:00:00+00:00")
    newest = alert(2, "disk", "2026-01-05T02:00:00+00:00")
    removed = alert(3, "gone", "2026-01-05T02:00:00+00:00")
    damaged = alert(4, "queue", "yesterday")
    without_zone = alert(5, "queue", "2026-01-05T02:00:00")

    since, gone = still_watched([older, newest, removed, damaged, without_zone], {"disk", "queue"})

    assert since == {"disk": datetime(2026, 1, 5, 2, tzinfo=UTC)}
    assert gone == [older, removed, damaged, without_zone]


def test_what_ends_is_reported_as_resolved_under_its_identity() -> None:
    """Intake treats it as any report of a source."""
    gone = alert(3, "gone", "2026-01-05T02:00:00+00:00")

    incoming = ended_with_their_checks([gone], at=NOW)

    (report,) = incoming.reports
    assert incoming.source == "checks"
    assert report.identity == (gone.fingerprint, gone.starts_at)
    assert report.status is AlertStatus.RESOLVED
    assert report.ends_at == NOW.isoformat()
