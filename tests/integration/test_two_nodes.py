"""Two servers on one PostgreSQL: what one does, the other leaves alone."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from test_prometheus import (
    SOURCE_TOKEN,
    Postbox,
    Responder,
    payments,
    postbox,
    serving,
    workspace_in,
)

pytestmark = pytest.mark.postgres
__all__ = ["payments", "postbox"]  # fixtures


def report(node: Responder, *names: str) -> None:
    """Send a webhook as one of two Alertmanagers does."""
    alerts = [
        {
            "status": "firing",
            "labels": {"alertname": name, "service": "shop", "severity": "critical"},
            "annotations": {},
            "startsAt": "2026-01-05T02:58:00.123456789Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "fingerprint": f"{name}-1",
        }
        for name in names
    ]
    request = Request(
        f"{node.url}/v1/events/alertmanager",
        data=json.dumps({"version": "4", "alerts": alerts}).encode(),
        headers={"Authorization": f"Bearer {SOURCE_TOKEN}", "Content-Type": "application/json"},
    )
    with urlopen(request, timeout=20) as answer:
        assert answer.status == 200


def test_two_nodes_that_hear_the_same_open_one_incident_and_page_once(
    tmp_path: Path,
    payments: tuple[str, str],
    postbox: tuple[Postbox, int],
    postgres_database: str,
) -> None:
    """Alertmanagers in a cluster both send; nobody is woken twice and nothing runs twice."""
    box, smtp = postbox
    one, port_one = workspace_in(
        tmp_path / "one", smtp=smtp, store=postgres_database, postgres=payments[1]
    )
    two, port_two = workspace_in(
        tmp_path / "two", smtp=smtp, store=postgres_database, postgres=payments[1]
    )
    with serving(one, port_one) as ada, serving(two, port_two) as grace:
        with ThreadPoolExecutor(4) as senders:
            sent = [
                senders.submit(report, node, name)
                for name in ("PaymentsRefused", "SearchSlow")
                for node in (ada, grace)
            ]
            assert [each.result(30) for each in sent] == [None] * 4
        time.sleep(8)  # the auditors of both have looked by then
        found = ada.incidents
        shown = [grace.get(f"/v1/incidents/{each['id']}") for each in found]
        assert grace.incidents == found
        logs = ada.log.read_text() + grace.log.read_text()

    assert sorted(each["title"].split()[0] for each in found) == ["PaymentsRefused", "SearchSlow"]
    assert len(box.mails) == 2
    ran = [step for each in shown for step in each["steps"] if step["state"] == "succeeded"]
    assert [(step["step_title"], step["attempt"]) for step in ran] == [
        ("Count the payments by state", 1)
    ]
    assert "Traceback" not in logs
