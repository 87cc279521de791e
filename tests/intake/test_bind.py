"""Alerts become incidents, told from the sender's side."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drill import MINUTE, SECOND, Drill
from tocsin.core.incident import Action, Status

AMBIGUOUS = """\
# Two levels of the same alert

## Severity Levels

**P0 - Critical**:
- **Response Time**: 15 minutes

**P2 - Medium**:
- **Response Time**: 4 hours

## Payments stopped

**Alert:** `PaymentsFailing`
**Severity:** Critical (P0)

### Investigation Steps

1. **Look**
   ```bash
   tail -n 5 payments.log
   ```

## Payments flaky

**Alert:** `PaymentsFailing`
**Severity:** Medium (P2)

### Investigation Steps

1. **Look less hurried**
   ```bash
   tail -n 9 payments.log
   ```
"""


def test_an_alert_opens_an_incident_with_its_playbook_and_says_why(drill: Drill) -> None:
    """At three in the morning the first question is: why does it think it is this?"""
    drill.alert("CheckoutFailing", severity="critical")

    incident = drill.incident
    assert incident.binding is not None
    assert (incident.binding.heading, incident.severity) == ("Checkout failing", "P1")
    assert "shop.md:5" in incident.reason
    assert 'service="shop"' in incident.reason


def test_a_repeat_and_a_peers_copy_open_nothing_and_page_nobody(drill: Drill) -> None:
    """Three Alertmanagers in a cluster send the same notification three times."""
    for _ in range(3):
        drill.alert("CheckoutFailing")

    assert len(drill.incidents) == 1
    assert drill.paged == ["ada"]


def test_further_alerts_join_the_incident_that_is_open(drill: Drill) -> None:
    """One disruption, one incident, however many instances complain."""
    drill.alert("CheckoutFailing", instance="a")
    receipt = drill.alert("CheckoutFailing", instance="b")

    assert receipt.accepted == 1
    assert len(drill.incidents) == 1
    assert drill.told("CheckoutFailing joins: instance=b, service=shop")
    assert drill.paged == ["ada"]


def test_nothing_resolves_until_every_alert_has(drill: Drill) -> None:
    """Half of it over is not over."""
    drill.alert("CheckoutFailing", instance="a")
    drill.alert("CheckoutFailing", instance="b")

    drill.alert("CheckoutFailing", status="resolved", instance="a")
    assert drill.status is Status.TRIGGERED

    drill.alert("CheckoutFailing", status="resolved", instance="b")
    assert drill.status is Status.MONITORING


def test_what_the_source_left_out_is_said_and_never_taken_for_resolved(drill: Drill) -> None:
    """max_alerts hides resolutions: the incident says so and stays as it is."""
    drill.alert("CheckoutFailing", instance="a")
    drill.webhook(
        {
            "version": "4",
            "status": "resolved",
            "truncatedAlerts": 4,
            "alerts": [
                {
                    "status": "firing",
                    "labels": {"alertname": "CheckoutFailing", "service": "shop", "instance": "b"},
                    "startsAt": "2026-01-05T02:59:00Z",
                }
            ],
        }
    )

    assert drill.status is Status.TRIGGERED
    assert drill.told("left out 4 more alerts")


def test_a_resolution_that_comes_before_its_firing_opens_nothing(drill: Drill) -> None:
    """Out of order: the straggler is of a problem that is over."""
    drill.alert("CheckoutFailing", status="resolved")
    drill.alert("CheckoutFailing")

    assert drill.incidents == []
    assert drill.paged == []


def test_the_same_alert_firing_again_later_is_never_swallowed(drill: Drill) -> None:
    """Alertmanager keeps startsAt when an alert comes back within its memory."""
    drill.alert("CheckoutFailing", status="resolved")
    drill.fast_forward(3 * MINUTE)
    drill.alert("CheckoutFailing")

    assert drill.status is Status.TRIGGERED
    assert drill.paged == ["ada"]


def test_a_refired_alert_opens_anew_and_inherits_no_acknowledgement(drill: Drill) -> None:
    """Yesterday's "I have it" is not today's."""
    drill.alert("CheckoutFailing")
    drill.act(1, Action.ACKNOWLEDGE)
    drill.act(1, Action.RESOLVE)

    drill.fast_forward(timedelta(hours=8))
    drill.alert("CheckoutFailing", starts_at="2026-01-05T11:00:00Z")

    assert [each.status for each in drill.incidents] == [Status.RESOLVED, Status.TRIGGERED]
    assert drill.incidents[1].acknowledged_by == ""
    assert drill.paged == ["ada", "ada"]


def test_an_alert_without_a_playbook_opens_the_general_process(drill: Drill) -> None:
    """No document names it: people are paged all the same."""
    drill.alert("NobodyWroteThis")

    assert drill.incident.binding is None
    assert "general process" in drill.incident.reason
    assert drill.paged == ["ada"]


def test_an_alert_nobody_claims_is_taken_by_somebody(drill: Drill) -> None:
    """Pages fail open: an unknown label must not cost the page."""
    drill.alert("CheckoutFailing", service="unheard-of")

    assert drill.incident.service == "shop"
    assert "no service matches" in drill.incident.reason
    assert drill.paged == ["ada"]


def test_an_alert_without_a_name_is_taken_up(drill: Drill) -> None:
    """Alertmanager sends such alerts, with a group key of {}:{}."""
    drill.webhook(
        {
            "version": "4",
            "groupKey": "{}:{}",
            "alerts": [
                {
                    "status": "firing",
                    "labels": {"service": "shop"},
                    "startsAt": "2026-01-05T02:58:00Z",
                }
            ],
        }
    )

    assert drill.paged == ["ada"]


def test_a_runbook_url_leads_to_its_playbook(drill: Drill) -> None:
    """Whoever wrote the alert has said which playbook is meant."""
    drill.webhook(
        {
            "version": "4",
            "alerts": [
                {
                    "status": "firing",
                    "labels": {"alertname": "Odd", "service": "shop"},
                    "annotations": {"runbook_url": "https://wiki.test/shop.md#search-slow"},
                    "startsAt": "2026-01-05T02:58:00Z",
                }
            ],
        }
    )

    assert drill.incident.binding is not None
    assert drill.incident.binding.heading == "Search slow"
    assert "runbook_url" in drill.incident.reason


@pytest.mark.parametrize(
    ("severity", "heading"), [("critical", "Payments stopped"), ("P2", "Payments flaky")]
)
def test_the_severity_label_decides_between_two_playbooks(
    tmp_path: object, severity: str, heading: str
) -> None:
    """The same alert name at two levels is common; the label says which."""
    table = Drill(tmp_path, runbooks={"shop.md": AMBIGUOUS})  # type: ignore[arg-type]

    table.alert("PaymentsFailing", severity=severity)

    assert table.incident.binding is not None
    assert table.incident.binding.heading == heading
    table.close()


def test_when_nothing_decides_the_incident_shows_all_and_asks(tmp_path: object) -> None:
    """Guessing would be worse than asking; paging does not wait for the answer."""
    table = Drill(tmp_path, runbooks={"shop.md": AMBIGUOUS})  # type: ignore[arg-type]

    table.alert("PaymentsFailing")

    assert [each.heading for each in table.incident.candidates] == [
        "Payments stopped",
        "Payments flaky",
    ]
    assert "choose one" in table.incident.reason
    assert table.paged == ["ada"]
    table.close()


def test_a_runbook_that_cannot_be_read_costs_no_page(tmp_path: object) -> None:
    """The document is gone or broken: people must know all the same."""
    table = Drill(tmp_path, runbooks={})  # type: ignore[arg-type]

    table.alert("CheckoutFailing")

    assert table.paged == ["ada"]
    assert "no runbook that can be read" in table.incident.reason
    table.close()


def test_alerts_lost_between_storing_and_binding_are_found_by_the_audit(drill: Drill) -> None:
    """We die right after the 2xx: the alert is on disk, and the audit takes it up."""
    drill.wakes = lambda wakes: None  # type: ignore[method-assign]  # every wake is lost
    drill.alert("CheckoutFailing")
    assert drill.incidents == []

    del drill.wakes
    drill.clock += 3 * SECOND
    drill.audit()

    assert drill.paged == ["ada"]
