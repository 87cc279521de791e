"""Nasty steps through a real server: what outlives its limit, what the server pays, who waits.

    STEPS=1000 LIMIT=1 python benchmarks/containment.py

Half of them are looks, in the sandbox, by an entry of the catalogue that calls the zoo harmless;
half are changes, approved over the API. Each animal carries the time of its start in its
environment and arguments, so that everything which is alive two seconds after the limit is found
from outside, wherever it went; so is whatever lives in the pid namespace of a look. It ends with 1
if something survives, the server grows by more than 32 MB, does not answer, or calls a step
anything but ended.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stage as stages

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import zoo  # lies beside the tests, which look at each of them once

GRACE_S = 2.0  # after the limit
MOST_GROWTH_MB = 32
MOST_SILENCE_S = 5.0
WARM_UP = 10
BATCH = 28
PATIENCE_S = 180.0  # for a batch
MARK = re.compile(rb"zoo-(\d+\.\d+)-")
ANIMALS = [*zoo.STUCK.values(), *zoo.ENDING.values()]
TAME = len(ANIMALS)
OVER = {"succeeded", "failed", "unknown", "skipped", "ticked"}

SETTINGS = """
[[command]]
name = "{zoo}/look"
operand = "[0-9]+"
least_operands = 2
match = ["{zoo}/look 7 1"]
not_match = ["{zoo}/look x 1"]
"""

PLAYBOOK = """
## Failure {number:04}

**Alert:** `Failure{number:04}`
**Severity:** Critical (P0)

### Investigation Steps

1. **Look at it**
   ```bash
   {zoo}/look {animal} {number}
   ```

### Remediation

1. **Change it**
   ```bash
   {zoo}/change {animal} {number}
   ```
"""

KEEPER = """\
#!/bin/bash
export ZOO=zoo-$(date +%s.%N)-$1
exec bash {zoo}/animals/$1 "$ZOO"
"""


@dataclass(slots=True)
class Watch:
    """What is seen from outside while it goes on."""

    server: int
    limit_s: float
    over: threading.Event = field(default_factory=threading.Event)
    survivors: dict[tuple[int, int], str] = field(default_factory=dict)
    namespaces: dict[str, float] = field(default_factory=dict)  # of looks, and when they began
    rss_kb: list[int] = field(default_factory=list)
    answers_s: list[float] = field(default_factory=list)
    unanswered: int = 0

    def look_for_survivors(self) -> None:
        """Look at every process of the machine, again and again."""
        while not self.over.wait(0.2):
            with suppress(IndexError):  # it has just ended
                self.rss_kb.append(_rss_kb(self.server))
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    self._look_at(process)

    def _look_at(self, process: Path) -> None:
        carried = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        space = os.readlink(process / "ns/pid")
        mark = MARK.search(carried)
        began = float(mark[1]) if mark else _began(process)
        if mark and space != os.readlink("/proc/self/ns/pid"):
            self.namespaces[space] = began
        # The kernel uses the numbers of namespaces again, so only what began with it counts.
        ours = mark or abs(began - self.namespaces.get(space, 0.0)) < self.limit_s
        late = ours and time.time() > began + self.limit_s + GRACE_S
        stat = (process / "stat").read_text().rpartition(")")[2].split()
        if late and stat[0] not in "ZX":
            self.survivors[(int(process.name), int(stat[19]))] = carried.decode(errors="replace")

    def ask(self, stage: stages.Stage) -> None:
        """Ask the server something ten times a second."""
        api = stage.api()
        while not self.over.wait(0.1):
            for path in ("/health", "/v1/incidents/1"):
                began = time.perf_counter()
                try:
                    status, _ = api.get(path)
                except stages.Gone:
                    status = 0
                self.answers_s.append(time.perf_counter() - began)
                self.unanswered += status != 200


def _rss_kb(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def _began(process: Path) -> float:
    """Return when it was started, by the clock on the wall."""
    ticks = int((process / "stat").read_text().rpartition(")")[2].split()[19])
    up = float(Path("/proc/uptime").read_text().split()[0])
    return time.time() - up + ticks / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Let them all loose, watch, print; return the exit status."""
    steps, limit_s = int(os.environ.get("STEPS") or 1000), float(os.environ.get("LIMIT") or 1)
    directory = Path(tempfile.mkdtemp(prefix="tocsin-containment-"))
    receiver = stages.Receiver()
    stage = stages.build(directory, receiver.port, playbooks=1, changes=False, patience="1h")
    playbooks = open_zoo(stage, steps // 2, limit_s)
    served = stage.serve()
    watch = Watch(served.process, limit_s)
    try:
        if served.ready() is None:
            raise SystemExit(f"the server did not become ready; see {directory}/server.log")
        time.sleep(3.0)
        let_loose(stage, range(WARM_UP))
        watching = [
            threading.Thread(target=watch.look_for_survivors),
            threading.Thread(target=watch.ask, args=(stage,)),
        ]
        before_kb = _rss_kb(served.process)
        for each in watching:
            each.start()
        began = time.monotonic()
        states = let_loose(stage, range(WARM_UP, playbooks))
        took = time.monotonic() - began
        time.sleep(limit_s + GRACE_S + 1)
        watch.over.set()
        for each in watching:
            each.join()
    except stages.Gone as gone:
        raise SystemExit(f"the server is gone (status {served.ended}): {gone}") from gone
    finally:
        watch.over.set()
        served.stop()
    good = tell(watch, states, before_kb, took)
    if good:
        shutil.rmtree(directory)
    return 0 if good else 1


def open_zoo(stage: stages.Stage, many: int, limit_s: float) -> int:
    """Write animals, keepers, catalogue and runbook; return how many playbooks there are."""
    place = stage.directory / "zoo"
    (place / "animals").mkdir(parents=True)
    for number, text in enumerate([*ANIMALS, "echo tame"]):
        (place / "animals" / str(number)).write_text(text + "\n")
    for keeper in ("look", "change"):
        (place / keeper).write_text(KEEPER.format(zoo=place))
        (place / keeper).chmod(0o755)
    settings = stage.directory / "tocsin.toml"
    limited = settings.read_text().replace(
        'kind = "local"', f'kind = "local"\ntime_limit = "{limit_s * 1000:.0f}ms"'
    )
    settings.write_text(limited + SETTINGS.format(zoo=place))
    animals = [TAME] * WARM_UP + [number % len(ANIMALS) for number in range(many)]
    text = "".join(
        PLAYBOOK.format(number=number, animal=animal, zoo=place)
        for number, animal in enumerate(animals)
    )
    (stage.directory / "runbook.md").write_text("# Failures\n" + text)
    return len(animals)


def let_loose(stage: stages.Stage, numbers: range) -> Counter[tuple[str, str]]:
    """Fire the alerts, some at a time, and return how the looks and the changes ended."""
    api = stage.api()
    states: Counter[tuple[str, str]] = Counter()
    for first in range(numbers.start, numbers.stop, BATCH):
        some = range(first, min(first + BATCH, numbers.stop))
        source = stage.api(stages.SOURCE_TOKENS["am"])  # the server closes what is idle
        status, _ = source.post("/v1/events/alertmanager", _webhook(some))
        if status != 200:
            raise SystemExit(f"alerts were answered with {status}")
        for run in approve_and_await(api, 2 * len(some)):
            kind = "look" if "/look " in run["text"] else "change"
            states[kind, _how(run)] += 1
    return states


def approve_and_await(api: stages.Api, wanted: int) -> list[dict[str, Any]]:
    """Approve what waits until that many have ended; resolve their incidents and return them."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        runs = api.get("/v1/runs")[1]["runs"]
        for run in runs:
            if run["state"] == "waiting":
                api.post(f"/v1/runs/{run['id']}/approve", {"fingerprint": run["fingerprint"]})
        if sum(run["state"] in OVER for run in runs) == wanted:
            for incident in {run["incident_id"] for run in runs}:
                api.post(f"/v1/incidents/{incident}/resolve")
            return list(runs)
        time.sleep(0.5)
    raise SystemExit(f"the {wanted} steps have not ended in {PATIENCE_S:g} s")


def _how(run: dict[str, str]) -> str:
    late = "time limit" in run["said"]
    return f"{run['state']}, by its time limit" if late else run["state"]


def _webhook(numbers: range) -> dict[str, object]:
    alerts = [
        {
            "status": "firing",
            "labels": {"alertname": f"Failure{number:04}"},
            "startsAt": "2026-01-01T00:00:00Z",
            "fingerprint": f"{number:016x}",
        }
        for number in numbers
    ]
    return {"version": "4", "alerts": alerts}


def tell(watch: Watch, states: Counter[tuple[str, str]], before_kb: int, took: float) -> bool:
    """Print the table; return whether all of it is as it should be."""
    grown_mb = (max(watch.rss_kb) - before_kb) / 1024
    slowest = max(watch.answers_s)
    lost = sum(count for (_, how), count in states.items() if how not in _EXPECTED)
    rows = [
        *((f"{kind}s {how}", str(count), "") for (kind, how), count in sorted(states.items())),
        ("steps that ended otherwise", str(lost), ""),
        (f"alive {GRACE_S:g} s after the limit", str(len(watch.survivors)), ""),
        ("pid namespaces seen", str(len(watch.namespaces)), "of looks that ran long enough"),
        ("server grew by, at most", f"{grown_mb:.1f} MB", f"from {before_kb / 1024:.0f} MB"),
        ("answers asked for", str(len(watch.answers_s)), f"{watch.unanswered} without a 200"),
        ("answer, median", f"{statistics.median(watch.answers_s) * 1000:.1f} ms", ""),
        ("answer, slowest", f"{slowest * 1000:.0f} ms", ""),
    ]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {took:.0f} s\n")
    print(stages.table(rows))
    for carried in list(watch.survivors.values())[:10]:
        print(f"  survived: {carried[:200]!r}")
    good = not watch.survivors and not lost and not watch.unanswered
    return good and grown_mb <= MOST_GROWTH_MB and slowest <= MOST_SILENCE_S


_EXPECTED = {"succeeded", "failed", "failed, by its time limit"}


if __name__ == "__main__":
    sys.exit(main())
