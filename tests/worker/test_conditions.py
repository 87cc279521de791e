"""Looking again at what an alert complained about: once each, and not for ever."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from adapters.executors.answering import answering, reply
from tocsin.adapters.sources import prometheus
from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.ids import AlertId
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.conditions import Condition
from tocsin.worker.conditions import PATIENCE_S, look_at_all

NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)


def alert(number: int, status: AlertStatus = AlertStatus.RESOLVED, **labels: str) -> Alert:
    return Alert(
        id=AlertId(number),
        source="am",
        fingerprint="f",
        starts_at=f"2026-01-05T03:00:{number:02}Z",
        status=status,
        labels={"alertname": "X", **labels},
        received_at=NOW,
        changed_at=NOW,
    )


class Slow:
    """Takes some seconds for each answer, on a clock of its own."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.clock_s = 0.0
        self.asked: list[str] = []

    def look(self, alert: Alert) -> Condition:
        self.clock_s += self.seconds
        self.asked.append(alert.labels.get("pod", ""))
        return Condition(holds=False, said="fine")


def test_the_same_labels_are_asked_about_once() -> None:
    """An alert that flapped forty times is one question, not forty."""
    slow = Slow(0)
    found = look_at_all(slow, [alert(n, pod=f"p{n % 2}") for n in range(40)])

    assert slow.asked == ["p0", "p1"]
    assert len(found) == 2


def test_what_its_source_calls_firing_is_asked_about_first() -> None:
    """If time runs out, it runs out for those that are over anyway."""
    slow = Slow(11)
    look_at_all(
        slow,
        [alert(1, pod="over"), alert(2, AlertStatus.FIRING, pod="fires")],
        clock_s=lambda: slow.clock_s,
    )

    assert slow.asked == ["fires"]


def test_what_could_not_be_asked_in_time_is_unknown() -> None:
    """Eight hundred pods behind a Prometheus that hangs would take over an hour."""
    slow = Slow(3)
    found = look_at_all(
        slow, [alert(n % 60, pod=f"p{n}") for n in range(800)], clock_s=lambda: slow.clock_s
    )

    assert len(slow.asked) == 4
    assert slow.clock_s < PATIENCE_S + slow.seconds
    assert [each.holds for each in found] == [False] * 4 + [None] * 796
    assert found[-1].said == "X: not asked in time"


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that sends a byte of its answer every now and then, for ever."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=drip, args=(server,), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def drip(server: socket.socket) -> None:
    peer, _ = server.accept()
    with peer:
        peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while True:
            try:
                peer.sendall(b"[")
            except OSError:
                return
            time.sleep(0.05)


def test_an_answer_that_drips_is_given_up(dripping: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit per read is no limit: each drop would start it anew."""
    monkeypatch.setattr(prometheus, "_TIMEOUT_S", 0.3)
    target = Target(name="prom", kind=TargetKind.PROMETHEUS, url=dripping)

    found = prometheus.ask(str.upper, target, {"alertname": "X"})

    assert found.holds is None
    assert "No whole answer within 0.3 s" in found.said


def test_prometheus_is_asked_about_alerts_with_its_token() -> None:
    """The one that wants a token for queries wants it for this one too."""
    answer = b'{"status": "success", "data": {"result": [{"value": [0, "1"]}]}}'
    with answering(lambda request: reply(request, 200, answer)) as server:
        target = Target(name="prom", kind=TargetKind.PROMETHEUS, url=server.url, password="LOOK")
        found = prometheus.ask(str.lower, target, {"alertname": "X"})

    assert found.holds
    assert server.requests[0][2]["authorization"] == "Bearer look"
