"""What a step costs: a hundred of them with their journal, beside a loop of `bash -c`.

    PAIRS=9 python benchmarks/steps.py

The journal is the real one: real worker, real SQLite on disk; that a step starts is committed,
then its output and how it ended. The same hundred texts run four ways in turn, over and over, so
that whatever else the machine does falls on all of them: in a shell loop, as changes that somebody
approved (no sandbox), one after the other as the loop does and four at a time as the worker does,
and as looks in the sandbox, four at a time. Measures only; judges nothing.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import stage as stages

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from tocsin.adapters.db.store import SqlStore
from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.keeping.sandbox import Sandbox
from tocsin.adapters.shell import environment, plain
from tocsin.app import App
from tocsin.bootstrap.database import open_database, secret_key
from tocsin.bootstrap.executors import executors
from tocsin.bootstrap.serve import runbook_files, utc_now
from tocsin.bootstrap.workspace import load_workspace
from tocsin.core.run import RunState
from tocsin.core.workspace import Target, TargetKind, Workspace
from tocsin.intake import decode
from tocsin.intake.receive import receive
from tocsin.ports.executors import Stop
from tocsin.ports.inbox import Incoming, Receipt
from tocsin.running import approve
from tocsin.worker.acts import Acts
from tocsin.worker.conditions import AlertConditions
from tocsin.worker.loop import Worker
from users import let_in  # lies beside the tests

STEPS = 100
WAYS = 4
LINES = 20_000  # of the log that the steps look into
NAP_S = 0.002
TURNS_ALONE = 100
PATIENCE_S = 120.0
STARTS_AT = "2026-01-01T00:00:00Z"
LOOKS = (
    "tail -n 20 {log}",
    "grep -c 'worker {number}' {log}",
    "df -h /",
    "ps aux | head -n 12",
    "awk '$4 > {number}' {log} | wc -l",
    "cat /proc/loadavg",
    "sort {log} | uniq -c | sort -rn | head -n 5",
    "free -m",
    "grep 'error {number}' {log} | tail -n 5",
    "uptime",
)
SETTINGS = """\
[tocsin]
data_directory = "{data}"

[[channel]]
name = "here"
kind = "console"

[[person]]
name = "ada"
channels = ["here"]

[[policy]]
name = "all"

[[policy.level]]
people = ["ada"]
patience = "1h"

[[target]]
name = "here"
kind = "local"

[[service]]
name = "steps"
runbooks = ["runbook.md"]
policy = "all"
targets = ["here"]
"""
PLAYBOOK = """\
# Steps

## Steps

**Alert:** `Steps`
**Severity:** Critical (P0)

### Investigation Steps

"""
UNCONFINED = "as in the measurement without a sandbox"


@dataclass(slots=True)
class Table:
    """The product without its doors: a workspace whose one alert brings a hundred steps."""

    app: App
    worker: Worker
    acts: Acts

    def take(self) -> None:
        """Take the alert, and approve what waits for it."""
        alert = {"status": "firing", "labels": {"alertname": "Steps"}, "startsAt": STARTS_AT}
        raw = json.dumps({"version": "4", "alerts": [alert]}).encode()
        with self.app.store.begin() as tx:
            receive(tx, decode.alertmanager("am", raw), now=utc_now())
        self.acts.bind()
        with self.app.store.begin() as tx:
            incident = tx.incidents.newest(1)[0]
            for each in tx.step_runs.of_incident(incident.id):
                if each.state is RunState.WAITING and each.command is not None:
                    consent = approve.Consent(fingerprint=each.command.fingerprint())
                    approve.approve(tx, self.app.grounds, each.id, consent, by="ada", now=utc_now())

    def run_one_by_one(self) -> float:
        """Run each step when the one before has ended and return how many seconds they took."""
        self.take()
        with self.app.store.look() as tx:
            waiting = tx.step_runs.of_incident(tx.incidents.newest(1)[0].id)
        began = time.perf_counter()
        for each in waiting:
            self.acts.run(each.id)
        took = time.perf_counter() - began
        if not self._all_ended():
            raise SystemExit("the steps did not end")
        return took

    def run(self) -> float:
        """Let the worker loose and return how many seconds the steps took."""
        self.take()
        began = time.perf_counter()
        self.worker.start()
        while not self._all_ended():
            if time.perf_counter() > began + PATIENCE_S:
                raise SystemExit("the steps did not end")
            time.sleep(NAP_S)
        return time.perf_counter() - began

    def _all_ended(self) -> bool:
        if self.acts.busy():
            return False
        with self.app.store.look() as tx:
            states = [each.state for each in tx.step_runs.of_incident(tx.incidents.newest(1)[0].id)]
        return len(states) == STEPS and set(states) <= {RunState.SUCCEEDED, RunState.FAILED}


class _NoInbox:
    """Nothing comes in while we measure."""

    waiting_bytes = 0

    def put(self, incoming: Incoming) -> Future[Receipt]:
        raise NotImplementedError


def main() -> None:
    """Measure in turns and print one table."""
    logging.disable(logging.CRITICAL)
    pairs = int(os.environ.get("PAIRS") or 9)
    with tempfile.TemporaryDirectory(prefix="tocsin-steps-") as directory:
        texts = steps(Path(directory))
        taken = [one_turn(Path(directory), texts, turn) for turn in range(pairs + 1)][1:]
    ways = [[turn[way] for turn in taken] for way in range(WAYS)]
    bare, boxed = alone()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {pairs} turns\n")
    rows = [*_rows(*ways), *_alone_rows(bare, boxed)]
    print(stages.table(rows))


def _rows(
    loops: list[float], alone: list[float], together: list[float], looks: list[float]
) -> list[tuple[str, str, str]]:
    def per_step(taken: list[float]) -> str:
        return f"{statistics.median(taken) / STEPS * 1000:.2f} ms"

    def times(taken: list[float]) -> str:
        ratios = [each / loop for loop, each in zip(loops, taken, strict=True)]
        least, most = min(ratios), max(ratios)
        return f"{statistics.median(ratios):.2f} times ({least:.2f} to {most:.2f})"

    return [
        ("a step in a loop of bash -c", per_step(loops), ""),
        ("with its journal, one by one", per_step(alone), times(alone)),
        ("with its journal, four at a time", per_step(together), f"{times(together)}; aim 1.2"),
        ("the same in the sandbox", per_step(looks), times(looks)),
    ]


def _alone_rows(bare: list[float], boxed: list[float]) -> list[tuple[str, str, str]]:
    more = statistics.median(box - one for one, box in zip(bare, boxed, strict=True))
    least = min(boxed) - min(bare)
    return [
        ("bash -c true, by itself", f"{statistics.median(bare) * 1000:.2f} ms", ""),
        ("the sandbox around it", f"{more * 1000:.2f} ms", f"aim 10; least {least * 1000:.2f}"),
    ]


def alone() -> tuple[list[float], list[float]]:
    """Return the seconds of `bash -c true`, by itself and in the sandbox, in turns."""
    sandbox = Sandbox()
    bare, boxed = [], []
    for _ in range(TURNS_ALONE):
        began = time.perf_counter()
        subprocess.run([*plain("true")], stdin=subprocess.DEVNULL, capture_output=True, check=True)
        between = time.perf_counter()
        sandbox.run(
            plain("true"),
            target=Target(name="here", kind=TargetKind.LOCAL),
            programs=(),
            seen=environment({}),
            excerpt=Excerpt(1000, lambda _: None),
            seconds=10.0,
            stop=Stop(),
        )
        bare.append(between - began)
        boxed.append(time.perf_counter() - between)
    return bare, boxed


def steps(directory: Path) -> list[str]:
    """Write the log and the runbook; return what the steps are."""
    log = directory / "app.log"
    log.write_text("".join(f"{n % 60} worker {n % 97} error {n % 89}\n" for n in range(LINES)))
    texts = [LOOKS[n % len(LOOKS)].format(log=log, number=n) for n in range(STEPS)]
    fenced = "".join(
        f"{n}. **Look**\n   ```bash\n   {text}\n   ```\n" for n, text in enumerate(texts, 1)
    )
    (directory / "runbook.md").write_text(PLAYBOOK + fenced)
    return texts


def one_turn(directory: Path, texts: list[str], turn: int) -> list[float]:
    """Return the seconds that each way took; each turn another order."""
    ways = [
        lambda: loop(texts),
        lambda: served(directory / f"{turn}-alone", directory, UNCONFINED, Table.run_one_by_one),
        lambda: served(directory / f"{turn}-together", directory, UNCONFINED, Table.run),
        lambda: served(directory / f"{turn}-looks", directory, "", Table.run),
    ]
    taken = [0.0] * WAYS
    for way in [(turn + shift) % WAYS for shift in range(WAYS)]:
        taken[way] = ways[way]()
    return taken


def loop(texts: list[str]) -> float:
    """Run them one after the other, each by `bash -c`, from a shell."""
    began = time.perf_counter()
    script = 'for text; do bash --noprofile --norc -c "$text"; done'
    subprocess.run(["bash", "-c", script, "loop", *texts], stdout=subprocess.PIPE, check=True)
    return time.perf_counter() - began


def served(
    data: Path, directory: Path, sandbox_missing: str, way: Callable[[Table], float]
) -> float:
    """Run them as the product does, on a database of their own."""
    (directory / "tocsin.toml").write_text(SETTINGS.format(data=data))
    table = lay(load_workspace(directory), sandbox_missing)
    try:
        return way(table)
    finally:
        table.worker.stop()


def lay(workspace: Workspace, sandbox_missing: str) -> Table:
    """Put the parts together as the server does."""
    database = open_database(workspace)
    nudged: list[Worker] = []
    store = SqlStore(database, after_commit=lambda wakes: nudged[0].nudge(wakes))
    app = App(
        workspace=workspace,
        store=store,
        runbooks=runbook_files(workspace),
        inbox=_NoInbox(),
        secret_key=secret_key(database),
        sandbox_missing=sandbox_missing,
        now=utc_now,
    )
    acts = Acts(
        app=app,
        node="steps",
        channels={},
        executors=executors(lambda name: name),
        conditions=AlertConditions(workspace, dict, lambda *_: []),
        secret=lambda name: name,
    )
    worker = Worker(acts.by_kind(), utc_now)
    nudged.append(worker)
    with store.begin() as tx:
        let_in(tx, "ada", at=datetime.now(UTC))
    return Table(app, worker, acts)


if __name__ == "__main__":
    main()
