"""Sources report: answered when it is on the disk, and bad input never costs a good alert."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tocsin.core.errors import Unavailable
from web.scene import ALERT, SOURCE_TOKENS, Scene

PAYLOADS = Path(__file__).resolve().parents[2] / "../shared/payloads"
GOOD = json.loads(ALERT)["alerts"][0]


@pytest.fixture
def alertmanager(anonymous: TestClient) -> TestClient:
    anonymous.headers["Authorization"] = f"Bearer {SOURCE_TOKENS['prod-alertmanager']}"
    return anonymous


def test_a_message_is_counted_when_it_is_stored(alertmanager: TestClient) -> None:
    """The same again is unchanged, not new."""
    first = alertmanager.post("/v1/events/alertmanager", content=ALERT)
    second = alertmanager.post("/v1/events/alertmanager", content=ALERT)

    assert first.status_code == 200
    assert first.json() == {"accepted": 1, "unchanged": 0, "quarantined": 0}
    assert second.json() == {"accepted": 0, "unchanged": 1, "quarantined": 0}


def test_a_generic_event_is_taken(anonymous: TestClient) -> None:
    """From anything that can post JSON."""
    token = {"Authorization": f"Bearer {SOURCE_TOKENS['deploys']}"}

    answer = anonymous.post(
        "/v1/events/generic", json={"alerts": [{"name": "DeployFailed"}]}, headers=token
    )

    assert answer.json() == {"accepted": 1, "unchanged": 0, "quarantined": 0}


def test_overload_is_503_with_retry_after(alertmanager: TestClient, scene: Scene) -> None:
    """Alertmanager retries a 503 within a second, and drops a batch for minutes on 4xx."""
    scene.inbox.refuses = Unavailable("store.full", "The disk that holds the database is full.")

    answer = alertmanager.post("/v1/events/alertmanager", content=ALERT)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["type"] == "store.full"


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"not json", {}, 400, "event.not_json"),
        (b"\xff\xfe", {}, 400, "event.not_json"),
        (b"", {}, 400, "event.not_json"),
        (b"[]", {}, 422, "event.shape"),
        (b'{"alerts": 5}', {}, 422, "event.shape"),
        (b"[" * 100_000 + b"]" * 100_000, {}, None, None),
        (b'{"version": "4", "alerts": ' + b"[" * 100_000, {}, None, None),
        (ALERT, {"Content-Encoding": "gzip"}, 415, "event.encoding"),
        (b" " * (16 * 1024 * 1024 + 1), {}, 413, "request.size"),
        (b" " * (100 * 1024 * 1024), {}, 413, "request.size"),
    ],
    ids=["words", "bytes", "empty", "list", "number", "deep", "deep inside", "gzip", "16M", "100M"],
)
def test_a_message_that_is_none_is_a_problem(
    alertmanager: TestClient,
    body: bytes,
    headers: dict[str, str],
    status: int | None,
    code: str | None,
) -> None:
    """With a code and a hint, and never a 5xx."""
    answer = alertmanager.post("/v1/events/alertmanager", content=body, headers=headers)

    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert status is None or (answer.status_code, answer.json()["type"]) == (status, code)


@pytest.mark.parametrize(
    "bad",
    [
        {**GOOD, "labels": {"alertname": 5}},
        {**GOOD, "status": "maybe"},
        {**GOOD, "startsAt": "yesterday"},
        {"status": "firing"},
        [],
        "alert",
    ],
    ids=["label", "status", "instant", "nothing", "list", "text"],
)
def test_a_bad_alert_is_set_aside_and_the_good_one_counts(
    alertmanager: TestClient, bad: object
) -> None:
    """One broken alert must not cost the others of its message."""
    body = json.dumps({"version": "4", "alerts": [bad, GOOD]})

    answer = alertmanager.post("/v1/events/alertmanager", content=body)

    assert answer.json() == {"accepted": 1, "unchanged": 0, "quarantined": 1}


@pytest.mark.parametrize(
    "odd",
    [
        b'{"status":"firing","labels":{"alertname":"A\\ud800"},"startsAt":"2026-01-05T03:00:00Z"}',
        b'{"status":"firing","labels":{"alertname":"A\\u0000"},"startsAt":"2026-01-05T03:00:00Z"}',
        b'{"status":"firing","labels":{},"startsAt":"2026-01-05T03:00:00Z"}',
        b'{"status":"firing","labels":{"a":"b"},"startsAt":"0001-01-01T00:00:00Z"}',
        b'{"status":"firing","labels":{"a":' + b"9" * 5000 + b'},"startsAt":"x"}',
    ],
    ids=["surrogate", "nul", "no name", "year 1", "5000 digits"],
)
def test_odd_alerts_are_taken_or_set_aside_and_never_a_defect(
    alertmanager: TestClient, odd: bytes
) -> None:
    """Whichever it is, the message is answered and the good alert counts."""
    good = json.dumps(GOOD).encode()
    body = b'{"version":"4","alerts":[' + odd + b"," + good + b"]}"

    answer = alertmanager.post("/v1/events/alertmanager", content=body)

    counts = answer.json()
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert counts["accepted"] >= 1
        assert counts["accepted"] + counts["quarantined"] == 2


@pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the captured payloads are not beside us")
@pytest.mark.parametrize("payload", sorted(PAYLOADS.glob("am*.json")), ids=lambda each: each.stem)
def test_every_captured_webhook_is_taken(alertmanager: TestClient, payload: Path) -> None:
    """Real messages of two versions of Alertmanager, with nothing set aside."""
    captured = json.loads(payload.read_bytes())
    body = captured.get("body", captured) if isinstance(captured, dict) else captured

    answer = alertmanager.post("/v1/events/alertmanager", content=json.dumps(body))

    assert answer.status_code == 200, answer.text
    assert answer.json()["quarantined"] == 0
