"""How soon: alert to page, start to ready, and the help. Measures only; judges nothing.

    python benchmarks/latency.py [SAMPLES]

Everything is measured from outside, over loopback, on an idle server with SQLite whose bytecode
is cached, as that of an installed Python is. Each sample opens an incident of its own and is
resolved before the next. It ends with a status other than zero only when something could not be
measured.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import stage as stages

WARM_UP = 20
PAUSE_S = 0.15  # for what follows from an incident to be over: its statement, its page
STARTS = 5
HELPS = 10


def main() -> None:
    """Measure everything and print one table."""
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else int(os.environ.get("SAMPLES", "200"))
    with tempfile.TemporaryDirectory(prefix="tocsin-latency-") as directory:
        receiver = stages.Receiver()
        stage = stages.build(
            Path(directory), receiver.port, playbooks=1, changes=False, patience="1h"
        )
        starts = measure_starts(stage)
        answers, pages = measure_pages(stage, receiver, samples)
        helps, bare = measure_help(stage)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {len(pages)} samples\n")
    print(stages.table([*_page_rows(answers, pages), *_start_rows(starts, helps, bare)]))


def _page_rows(answers: list[float], pages: list[float]) -> list[tuple[str, str, str]]:
    both = [answer + page for answer, page in zip(answers, pages, strict=True)]
    return [
        ("alert sent to answered 2xx, p50", _ms(statistics.median(answers)), ""),
        ("alert sent to answered 2xx, p99", _ms(_p99(answers)), ""),
        ("answered 2xx to page received, p50", _ms(statistics.median(pages)), ""),
        ("answered 2xx to page received, p99", _ms(_p99(pages)), _aim(_p99(pages), 0.1)),
        ("alert sent to page received, p50", _ms(statistics.median(both)), ""),
        ("alert sent to page received, p99", _ms(_p99(both)), f"worst {_ms(max(both))}"),
    ]


def _start_rows(
    starts: list[float], helps: list[float], bare: list[float]
) -> list[tuple[str, str, str]]:
    start, help_, python = (statistics.median(each) for each in (starts, helps, bare))
    return [
        ("server start to ready, median", _ms(start), _aim(start, 1.0)),
        ("tocsin --help, median", _ms(help_), _aim(help_, 0.15)),
        ("python -c pass, median", _ms(python), f"--help is {help_ / python:.1f} times it"),
    ]


def measure_starts(stage: stages.Stage) -> list[float]:
    """Return the seconds from spawn to the first 200 of /health, each time on the same data."""
    taken = []
    for turn in range(STARTS + 1):
        served = stage.serve()
        ready = served.ready()
        time.sleep(1.0)  # let it import what it imports after it is ready
        served.stop()
        if ready is None:
            raise SystemExit("the server did not become ready")
        if turn:  # the first one creates the tables
            taken.append(ready)
    return taken


def measure_pages(
    stage: stages.Stage, receiver: stages.Receiver, samples: int
) -> tuple[list[float], list[float]]:
    """Return the seconds to the answer, and from the answer to the page, of each sample."""
    served = stage.serve()
    try:
        if served.ready() is None:
            raise SystemExit("the server did not become ready")
        time.sleep(3.0)
        source, responder = stage.api(stages.SOURCE_TOKENS["am"]), stage.api()
        numbers = range(WARM_UP + samples)
        taken = [_sample(source, responder, receiver, number) for number in numbers]
    finally:
        served.stop()
    return [each[0] for each in taken[WARM_UP:]], [each[1] for each in taken[WARM_UP:]]


def _sample(
    source: stages.Api, responder: stages.Api, receiver: stages.Receiver, number: int
) -> tuple[float, float]:
    known = {each.key for each in receiver.receipts}
    body = _webhook(number)
    sent = time.perf_counter()
    status, _ = source.post("/v1/events/alertmanager", body)
    answered = time.perf_counter()
    if status != 200:
        raise SystemExit(f"an alert was answered with {status}")
    page = receiver.wait_for(lambda receipt: receipt.key not in known, 20.0)
    if page is None:
        raise SystemExit("a page did not arrive within 20 s")
    time.sleep(PAUSE_S)
    responder.post(f"/v1/incidents/{page.incident}/resolve")
    time.sleep(PAUSE_S)
    return answered - sent, page.clock - answered


def _webhook(number: int) -> dict[str, object]:
    alert = {
        "status": "firing",
        "labels": {"alertname": "Failure00", "instance": f"host-{number}"},
        "annotations": {"summary": "measured"},
        "startsAt": datetime.now(UTC).isoformat(),
        "fingerprint": f"{number:016x}",
    }
    return {"version": "4", "status": "firing", "alerts": [alert]}


def measure_help(stage: stages.Stage) -> tuple[list[float], list[float]]:
    """Return the seconds of `tocsin --help` and of an empty Python, taken in turn."""
    script = Path(sys.executable).with_name("tocsin")
    command = [str(script)] if script.exists() else list(stages.TOCSIN)
    helps, bare = [], []
    for turn in range(HELPS + 1):
        told = _seconds(stage, [*command, "--help"])
        empty = _seconds(stage, [sys.executable, "-c", "pass"])
        if turn:  # the first one fills the caches
            helps.append(told)
            bare.append(empty)
    return helps, bare


def _seconds(stage: stages.Stage, command: list[str]) -> float:
    environment = stages.environment(stage.caches)
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=environment)
    return time.perf_counter() - began


def _p99(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=100, method="inclusive")[98]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _aim(seconds: float, aim: float) -> str:
    return f"aim: under {aim * 1000:g} ms, {'met' if seconds < aim else 'MISSED'}"


if __name__ == "__main__":
    main()
