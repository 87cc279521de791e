"""Kill the server at random moments under load, and judge what is left with outside witnesses.

    python benchmarks/kill.py            # ROUNDS=200 SEED=… in the environment

Each round starts the server on the same data, drives alerts, resolutions, acknowledgements and
approvals at it, and ends it by SIGKILL of its process group (and, half of the times, of the
changes that were under way). At the end it runs undisturbed until nothing is due.

Witnesses, none of them inside the server: what it answered 2xx to (our memory), the receiver of
pages (this process), the file to which every change appends before and after its work, and the
rows of the database as sqlite3 reads them. Ends with 1 if any promise was broken.

What this does not show: power cuts (SIGKILL leaves the page cache alone), other databases.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import stage as stages

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from servers import Absent, machines  # the tests' own sshd

PLAYBOOKS = 24
MOST_ALERTS = 4  # firing per playbook before it is resolved
LONGEST_S = 4.0  # a round lasts: an ssh connection on a busy machine takes a good part of it
PATIENCE_S = 3.0
DUE_AFTER_S = 20.0  # a page must have been asked for this long after it was due, kills included
CONNECTING_S = 3.0  # how long a connection that was under way may take to lead somewhere
QUIET_WITHIN_S = 90.0
FIRST_PAGE_S = 0.25  # no server is up and sends this soon after it was spawned
SENT, UNNEEDED = "sent", "unneeded"


# What we did ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Alert:
    """One alert that we sent, and what the server said to it."""

    source: str
    fingerprint: str
    starts_at: str
    playbook: int
    born: float
    fired: bool = False  # a firing report was answered 2xx
    ending: bool = False  # a resolution was sent
    ended: bool = False  # … and answered 2xx

    def report(self, status: str) -> dict[str, object]:
        """Return it as its source writes it."""
        labels = {"alertname": f"Failure{self.playbook:02}", "instance": self.fingerprint}
        labels |= {"far": "yes"} if stages.is_far(self.playbook) else {}
        if self.source == "am":
            return {
                "status": status,
                "labels": labels,
                "annotations": {"summary": "broken on purpose"},
                "startsAt": self.starts_at,
                "endsAt": self.starts_at if status == "resolved" else "0001-01-01T00:00:00Z",
                "fingerprint": self.fingerprint,
            }
        name = labels.pop("alertname")
        told = {"name": name, "status": status, "key": self.fingerprint, "labels": labels}
        return {**told, "starts_at": self.starts_at}


@dataclass(slots=True)
class Ledger:
    """Everything we did, and what was answered. Guarded by its lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    alerts: list[Alert] = field(default_factory=list)
    firing: dict[int, list[Alert]] = field(default_factory=lambda: defaultdict(list))
    closed_at: dict[int, float] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)  # step runs we sent an approval for
    approved: set[int] = field(default_factory=set)  # … and that was answered 2xx
    starts: list[float] = field(default_factory=list)  # of each life of the server
    answers: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0


class Load:
    """The threads of one round. They end when told, or when the server is gone."""

    def __init__(self, stage: stages.Stage, receiver: stages.Receiver, ledger: Ledger) -> None:
        self._stage = stage
        self._receiver = receiver
        self._ledger = ledger
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, dice: random.Random) -> None:
        """Start two senders of alerts and one responder."""
        for work in (self._send, self._send, self._respond):
            thread = threading.Thread(target=self._run, args=(work, random.Random(dice.random())))
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End and join them."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, work: Callable[[random.Random], None], dice: random.Random) -> None:
        try:
            while not self._stop.is_set():
                work(dice)
        except stages.Gone:
            with self._ledger.lock:
                self._ledger.unanswered += 1

    def _answered(self, status: int) -> bool:
        with self._ledger.lock:
            self._ledger.answers[status] += 1
        return 200 <= status < 300

    def _send(self, dice: random.Random) -> None:
        """Send one message: new alerts, a repeat, or the end of a playbook's alerts."""
        self._stop.wait(dice.uniform(0.01, 0.06))
        playbook = dice.randrange(PLAYBOOKS)
        with self._ledger.lock:
            held = list(self._ledger.firing[playbook])
        if held and self._may_end(playbook, held, dice):
            self._end(playbook, held)
        elif held and (len(held) >= MOST_ALERTS or dice.random() < 0.3):
            self._post([each for each in held[:1] if not each.ending], "firing")
        else:
            self._post(self._new(playbook, dice), "firing")

    def _may_end(self, playbook: int, held: list[Alert], dice: random.Random) -> bool:
        """Whether its people were paged since it last ended; now and then also when not."""
        name = f"Failure {playbook:02}"
        since = self._ledger.closed_at.get(playbook, 0.0)
        paged = any(
            each.playbook == name and each.at > since for each in self._receiver.receipts[-2000:]
        )
        long_ago = time.time() - held[0].born > 8
        return dice.random() < (0.35 if paged else 0.3 if long_ago else 0.02)

    def _new(self, playbook: int, dice: random.Random) -> list[Alert]:
        source = dice.choice(("am", "any"))
        fresh = [
            Alert(
                source=source,
                fingerprint=f"{dice.getrandbits(64):016x}",
                starts_at=datetime.now(UTC).isoformat(),
                playbook=playbook,
                born=time.time(),
            )
            for _ in range(dice.choice((1, 1, 1, 2)))
        ]
        with self._ledger.lock:
            self._ledger.alerts += fresh
            self._ledger.firing[playbook] += fresh
        return fresh

    def _end(self, playbook: int, held: list[Alert]) -> None:
        with self._ledger.lock:
            self._ledger.closed_at[playbook] = time.time()
            for alert in held:
                alert.ending = True
        for source in ("am", "any"):
            self._post([each for each in held if each.source == source], "resolved")
        with self._ledger.lock:
            left = [each for each in self._ledger.firing[playbook] if not each.ended]
            self._ledger.firing[playbook] = left

    def _post(self, alerts: list[Alert], status: str) -> None:
        if not alerts:
            return
        source = alerts[0].source
        path = {"am": "/v1/events/alertmanager", "any": "/v1/events/generic"}[source]
        body = {"version": "4", "alerts": [each.report(status) for each in alerts]}
        code, _ = self._stage.api(stages.SOURCE_TOKENS[source]).post(path, body)
        if not self._answered(code):
            return
        with self._ledger.lock:
            for alert in alerts:
                alert.fired |= status == "firing"
                alert.ended |= status == "resolved"

    def _respond(self, dice: random.Random) -> None:
        """Look at what waits, approve some of it, take an incident now and then."""
        self._stop.wait(dice.uniform(0.05, 0.2))
        api = self._stage.api()
        status, found = api.get("/v1/runs")
        if not self._answered(status):
            return
        waiting = [run for run in found["runs"] if run["state"] == "waiting"]
        for run in waiting:
            if dice.random() < 0.5:
                self._approve(api, run["id"], run["fingerprint"])
            elif dice.random() < 0.05:
                self._answered(api.post(f"/v1/incidents/{run['incident_id']}/acknowledge")[0])

    def _approve(self, api: stages.Api, run: int, fingerprint: str) -> None:
        with self._ledger.lock:
            self._ledger.asked.add(run)
        status, _ = api.post(
            f"/v1/runs/{run}/approve", {"fingerprint": fingerprint, "repeat": True}
        )
        if self._answered(status):
            with self._ledger.lock:
                self._ledger.approved.add(run)


# The rounds -------------------------------------------------------------------------------------


def main() -> int:
    """Run the rounds, judge, print; return the exit status."""
    rounds = int(os.environ.get("ROUNDS") or 200)
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
    print(f"kill: {rounds} rounds, SEED={seed}", flush=True)
    directory = Path(tempfile.mkdtemp(prefix="tocsin-kill-"))
    receiver = stages.Receiver(slowest_s=0.06)
    patience = f"{PATIENCE_S:g}s"
    ledger, dice, began = Ledger(), random.Random(seed), time.monotonic()
    with _far_machine() as far:
        stage = stages.build(
            directory, receiver.port, playbooks=PLAYBOOKS, changes=True, patience=patience, far=far
        )
        for number in range(1, rounds + 1):
            play(stage, receiver, ledger, dice)
            if number % 10 == 0:
                _tell_progress(number, ledger, receiver, began)
        verdict = Verdict(stage, receiver, ledger)
        verdict.settle()
    print(f"\n{rounds} rounds in {time.monotonic() - began:.0f} s, SEED={seed}\n")
    print(stages.table(verdict.rows))
    if verdict.broken:
        print(f"\nBROKEN: {'; '.join(verdict.broken)}\nThe evidence is in {directory}")
        return 1
    print("\nEvery promise was kept.")
    if not os.environ.get("KEEP"):
        shutil.rmtree(directory)
    return 0


@contextmanager
def _far_machine() -> Iterator[stages.Far | None]:
    """Yield a machine behind a real sshd; None, with the reason told, where there is no sshd."""
    with ExitStack() as stack:
        try:
            reached = stack.enter_context(machines("there"))
        except Absent as absent:
            print(f"  changes run on this machine only: {absent}", flush=True)
            yield None
        else:
            yield stages.Far(host="there", config=reached.config)


def play(
    stage: stages.Stage, receiver: stages.Receiver, ledger: Ledger, dice: random.Random
) -> None:
    """One round: start, load, kill. One in ten is killed before it was ready."""
    ledger.starts.append(time.time())
    served = stage.serve()
    load = Load(stage, receiver, ledger)
    if dice.random() < 0.1:
        time.sleep(dice.uniform(0.1, 1.5))
    else:
        if served.ready() is None:
            served.kill()
            raise SystemExit(f"the server did not become ready; see {stage.directory}/server.log")
        load.start(dice)
        time.sleep(dice.uniform(0.2, LONGEST_S))
    served.kill()
    if dice.random() < 0.5:
        _kill_changes(stage)
    load.stop()


def _kill_changes(stage: stages.Stage) -> None:
    """Kill the changes that were under way too: they outlive the server by themselves."""
    lines = _witnessed(stage.witness)
    going = {line.process: line for line in lines if line.word == "started"}
    for line in lines:
        if line.word == "ended":
            going.pop(line.process, None)
    for process, line in going.items():
        if time.time() - line.at < 2:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)


def _tell_progress(number: int, ledger: Ledger, receiver: stages.Receiver, began: float) -> None:
    with ledger.lock:
        fired, approved = sum(each.fired for each in ledger.alerts), len(ledger.approved)
    print(
        f"  round {number}: {fired} alerts acknowledged, {len(receiver.receipts)} pages received,"
        f" {approved} changes approved, {time.monotonic() - began:.0f} s",
        flush=True,
    )


# The verdict ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Witnessed:
    """One line of the file that changes append to."""

    word: str  # started or ended
    playbook: int
    process: int
    at: float


def _witnessed(path: Path) -> list[Witnessed]:
    found = []
    for line in path.read_text().splitlines():
        word, playbook, process, nanoseconds = line.split()
        found.append(Witnessed(word, int(playbook), int(process), int(nanoseconds) / 1e9))
    return found


@dataclass(slots=True)
class Change:
    """One changing step run as its row tells it."""

    id: int
    incident: int
    playbook: int
    state: str
    target: str
    attempt: int
    said: str
    started_at: float | None
    finished_at: float | None
    lines: list[Witnessed] = field(default_factory=list)

    @property
    def starts(self) -> int:
        """How often it really started."""
        return sum(line.word == "started" for line in self.lines)

    def could_begin(self, at: float, *, late_s: float = 0.0) -> bool:
        """Whether its command can have begun then: not before its row, nor after its end.

        One that is unknown may be late: a connection that was being made when the server died
        may still lead somewhere.
        """
        if self.started_at is None or at < self.started_at:
            return False
        late_s = late_s if self.state == "unknown" else 0.0
        return self.finished_at is None or at <= self.finished_at + late_s

    @property
    def came_too_late(self) -> bool:
        """Whether it was refused because its incident was resolved before it could start."""
        return self.said == f"Incident {self.incident} is resolved."

    @property
    def ended(self) -> bool:
        """Whether it really went through to its end."""
        return any(line.word == "ended" for line in self.lines)


class Verdict:
    """Lets the server finish, then compares what it says with what the witnesses saw."""

    def __init__(self, stage: stages.Stage, receiver: stages.Receiver, ledger: Ledger) -> None:
        self._stage = stage
        self._receiver = receiver
        self._ledger = ledger
        self.rows: list[tuple[str, str, str]] = []
        self.broken: list[str] = []

    def settle(self) -> None:
        """Run the server undisturbed until nothing is due, and judge."""
        self._ledger.starts.append(time.time())
        served = self._stage.serve()
        if served.ready() is None:
            self._must("server ready after the last kill", 1)
            served.kill()
            return
        quiet = self._await_quiet()
        self._judge_chains()
        status = served.stop()
        self._tell("kills", len(self._ledger.starts) - 1)
        self._tell("requests unanswered because of a kill", self._ledger.unanswered)
        refused = {code: n for code, n in self._ledger.answers.items() if code >= 400}
        self._tell("other answers than 2xx", sum(refused.values()), _counts(refused))
        self._must("things still due when left alone", quiet, f"after {QUIET_WITHIN_S:g} s")
        self._must("answers 5xx other than 503", _defects(refused))
        self._must("unclean stop", int(status not in (0, -signal.SIGTERM)), f"status {status}")
        with closing(self._database()) as database:
            self._judge_alerts(database)
            self._judge_pages(database)
            self._judge_changes(database)
            whole = database.execute("PRAGMA integrity_check").fetchone()[0]
            self._must("damage in the database file", int(whole != "ok"), whole)
        log = (self._stage.directory / "server.log").read_text(errors="replace")
        self._must("tracebacks in the server's log", log.count("Traceback (most recent"))

    def _database(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._stage.database, timeout=10)
        database.execute("PRAGMA query_only = ON")
        database.row_factory = sqlite3.Row
        return database

    def _tell(self, what: str, figure: int, remark: str = "") -> None:
        self.rows.append((what, str(figure), remark))

    def _must(self, what: str, broken: int, remark: str = "") -> None:
        """Tell a figure that must be zero."""
        self.rows.append((what, str(broken), remark if broken else ""))
        if broken:
            self.broken.append(f"{broken} {what}")

    def _await_quiet(self) -> int:
        """Return how much is still due: zero, or what is left when patience ends."""
        deadline, calm, left = time.monotonic() + QUIET_WITHIN_S, 0, 0
        while calm < 3 and time.monotonic() < deadline:
            time.sleep(1.0)
            with closing(self._database()) as database:
                left = _still_due(database)
            calm = 0 if left else calm + 1
        return left

    def _judge_chains(self) -> None:
        with closing(self._database()) as database:
            ids = [row[0] for row in database.execute("SELECT id FROM tocsin_incident")]
        api, broken = self._stage.api(), 0
        for incident in ids:
            status, found = api.get(f"/v1/incidents/{incident}/verify")
            broken += not (status == 200 and found["whole"])
        self._tell("incidents", len(ids))
        self._must("broken chains", broken)

    def _judge_alerts(self, database: sqlite3.Connection) -> None:
        rows = database.execute("SELECT * FROM tocsin_alert").fetchall()
        held = {(row["source"], row["fingerprint"], row["starts_at"]): row for row in rows}
        fired = [each for each in self._ledger.alerts if each.fired]
        found = [
            (each, held.get((each.source, each.fingerprint, each.starts_at))) for each in fired
        ]
        unbound = [each for each, row in found if row and row["incident_id"] is None]
        self._tell("alerts acknowledged with 2xx", len(fired))
        self._must("acknowledged alerts lost", sum(row is None for _, row in found))
        self._must("acknowledged alerts without an incident", sum(not x.ending for x in unbound))
        self._tell("alerts over before they were taken up", sum(x.ending for x in unbound))
        ended = [row for each, row in found if each.ended and row]
        self._must(
            "acknowledged resolutions lost", sum(row["status"] != "resolved" for row in ended)
        )

    def _judge_pages(self, database: sqlite3.Connection) -> None:
        taken: dict[str, list[stages.Receipt]] = defaultdict(list)
        with (self._stage.directory / "pages.log").open("w") as log:
            log.writelines(f"{receipt}\n" for receipt in self._receiver.receipts)
        for receipt in self._receiver.receipts:
            taken[receipt.key].append(receipt)
        waits = list(_waits(database))
        pages = {
            (row["incident_id"], row["triggered_at"], row["person"])
            for row in database.execute("SELECT * FROM tocsin_page")
        }
        due = [key for wait in waits for key in wait.due()]
        self._tell("pages that were due", len(due))
        self._must("due pages never asked for", sum(key not in pages for key in due))
        self._judge_deliveries(database, taken, waits)
        again = [_repeats(receipts, self._ledger.starts) for receipts in taken.values()]
        self._tell("pages received", sum(map(len, taken.values())), f"{len(taken)} different")
        self._tell(
            "pages received twice", sum(each[0] for each in again), "each at most once per kill"
        )
        self._must("repeats without a kill in between", sum(each[1] for each in again))

    def _judge_deliveries(
        self,
        database: sqlite3.Connection,
        taken: dict[str, list[stages.Receipt]],
        waits: list[Wait],
    ) -> None:
        ended = {(wait.incident, wait.since): wait.until for wait in waits}
        lost = unneeded = other = 0
        for row in database.execute(
            "SELECT d.id, d.state, p.incident_id, p.triggered_at"
            " FROM tocsin_delivery d JOIN tocsin_page p ON p.id = d.page_id"
        ):
            receipts = taken.get(f"tocsin-delivery-{row['id']}")
            if row["state"] == SENT:
                lost += not receipts
            elif row["state"] == UNNEEDED:
                unneeded += 1
                lost += ended.get((row["incident_id"], row["triggered_at"])) is None
            else:
                other += 1
        self._must("due pages lost", lost, "called sent or unneeded, and were not")
        self._must("deliveries neither made nor called off", other)
        self._tell("pages called off: taken or over before", unneeded)

    def _judge_changes(self, database: sqlite3.Connection) -> None:
        changes = list(_changes(database))
        stray = _attribute(_witnessed(self._stage.witness), changes)
        started = [each for each in changes if each.starts]
        lost = [each for each in started if each.state != "succeeded"]
        by_id = {each.id: each for each in changes}
        approved = [by_id[each] for each in self._ledger.approved if each in by_id]
        states = Counter(each.state for each in changes)
        self._tell("changes approved with 2xx", len(approved))
        self._tell("changes that started", len(started), _counts(states))
        behind_ssh = [each for each in started if each.target == "there"]
        unknown = sum(each.state == "unknown" for each in changes if each.target == "there")
        remark = f"{unknown} lost by a kill, connecting or running"
        self._tell("… of them behind ssh", len(behind_ssh), remark)
        self._must("changes started twice", sum(x.starts > 1 or x.attempt > 1 for x in changes))
        self._must("changes started without a record", stray)
        self._must(
            "changes started without an approval",
            sum(each.id not in self._ledger.asked for each in started),
        )
        self._tell("changes lost by a kill", sum(each.state == "unknown" for each in changes))
        self._must(
            "changes lost and not called unknown", sum(each.state != "unknown" for each in lost)
        )
        self._must(
            "changes called done that were not",
            sum(each.state == "succeeded" and not each.ended for each in changes),
        )
        over = [each for each in approved if each.attempt == 0 and each.came_too_late]
        self._tell("approved changes whose incident was over first", len(over), "refused, and said")
        lost_approvals = sum(each.attempt == 0 for each in approved) - len(over)
        self._must("approvals lost", lost_approvals, "2xx, never started, nothing said")


def _defects(refused: dict[int, int]) -> int:
    return sum(count for code, count in refused.items() if code >= 500 and code != 503)


def _counts(of: dict[int, int] | Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(of.items(), key=str))


def _still_due(database: sqlite3.Connection) -> int:
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    questions = (
        ("SELECT count(*) FROM tocsin_alert WHERE pending AND '' < ?"),
        ("SELECT count(*) FROM tocsin_incident WHERE escalate_at <= ?"),
        ("SELECT count(*) FROM tocsin_incident WHERE recover_at <= ?"),
        ("SELECT count(*) FROM tocsin_delivery WHERE state IN ('due', 'sending') AND '' < ?"),
        ("SELECT count(*) FROM tocsin_step_run WHERE state IN ('ready', 'started') AND '' < ?"),
    )
    return sum(database.execute(question, (now,)).fetchone()[0] for question in questions)


@dataclass(frozen=True, slots=True)
class Wait:
    """One time that an incident waited for somebody: from when, until somebody or something."""

    incident: int
    since: str  # exactly as the database writes it
    until: str | None
    first: bool  # the incident opened with it

    def due(self) -> Iterator[tuple[int, str, str]]:
        """Yield the pages that must have been asked for: incident, since, person."""
        until = _seconds(self.until) if self.until else time.time()
        waited = until - _seconds(self.since)
        if self.first or waited > DUE_AFTER_S:
            yield self.incident, self.since, "first"
        if waited > PATIENCE_S + DUE_AFTER_S:
            yield self.incident, self.since, "second"


def _waits(database: sqlite3.Connection) -> Iterator[Wait]:
    """Yield the waits of every incident, from its timeline alone."""
    for row in database.execute("SELECT id, opened_at FROM tocsin_incident").fetchall():
        since, first = row["opened_at"], True
        entries = database.execute(
            "SELECT at, text FROM tocsin_timeline WHERE incident_id = ? AND kind = 'status'"
            " ORDER BY seq",
            (row["id"],),
        )
        for entry in entries:
            waits_again = "triggered again" in entry["text"]
            if since is not None and not waits_again:
                yield Wait(row["id"], since, entry["at"], first)
                since, first = None, False
            elif waits_again:
                since = entry["at"]
        if since is not None:
            yield Wait(row["id"], since, None, first)


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).replace(tzinfo=UTC).timestamp()


def _repeats(receipts: list[stages.Receipt], starts: list[float]) -> tuple[int, int]:
    """Return how often a page came again, and how often from the same life of the server.

    A page that is on its way when its sender is killed arrives a moment later; no life of the
    server sends anything as soon as it is spawned. So a life's pages begin a little after it.
    """
    lives = [bisect(starts, each.at - FIRST_PAGE_S) for each in receipts]
    return len(lives) - 1, len(lives) - len(set(lives))


def _changes(database: sqlite3.Connection) -> Iterator[Change]:
    statement = (
        "SELECT r.*, i.binding FROM tocsin_step_run r JOIN tocsin_incident i"
        " ON i.id = r.incident_id WHERE r.text LIKE './mend %' ORDER BY r.started_at"
    )
    for row in database.execute(statement):
        started = row["started_at"]
        yield Change(
            id=row["id"],
            incident=row["incident_id"],
            playbook=int(json.loads(row["binding"])["heading"].split()[-1]),
            state=row["state"],
            target=json.loads(row["command"])["target"],
            attempt=row["attempt"],
            said=row["said"],
            started_at=_seconds(started) if started else None,
            finished_at=_seconds(row["finished_at"]) if row["finished_at"] else None,
        )


def _attribute(lines: list[Witnessed], changes: list[Change]) -> int:
    """Give each line to the step run that wrote it; return how many nobody wrote.

    While a change is on its way to a machine its incident may be over and the next one have a
    change of its own. So what a process wrote first belongs to one that can have begun then and
    has not: the one that ended first. It is a second start if every such change has begun.
    """
    stray, of_process = 0, dict[int, Change]()
    for line in lines:
        if line.word == "started":
            of_process.pop(line.process, None)
            writer = _writer(line, [each for each in changes if each.playbook == line.playbook])
            stray += writer is None
            if writer is not None:
                of_process[line.process] = writer
        if line.process in of_process:
            of_process[line.process].lines.append(line)
    return stray


def _writer(line: Witnessed, changes: list[Change]) -> Change | None:
    on_time = [each for each in changes if each.could_begin(line.at)]
    late = [each for each in changes if each.could_begin(line.at, late_s=CONNECTING_S)]
    for possible in (_idle(on_time), _idle(late), on_time, late):
        if possible:
            return min(possible, key=_ended_first)
    return None


def _idle(changes: list[Change]) -> list[Change]:
    return [each for each in changes if not each.lines]


def _ended_first(change: Change) -> float:
    return math.inf if change.finished_at is None else change.finished_at


if __name__ == "__main__":
    sys.exit(main())
