"""A drill: the whole product in one process, with a clock the test moves.

Only the outside is replaced: the clock, the channels and the executors. The store is the real
one, on SQLite, and on PostgreSQL where a test asks for it.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count, product
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tocsin import settings
from tocsin.adapters.db import schema
from tocsin.adapters.db.store import SqlStore, connect
from tocsin.app import App
from tocsin.core.alert import Alert
from tocsin.core.errors import Problem
from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.incident import Action, Incident, Status
from tocsin.core.run import Outcome, StepRun
from tocsin.core.runbook import Finding, Language, Runbook
from tocsin.core.workspace import Person, Target, TargetKind, Workspace
from tocsin.incidents import lifecycle
from tocsin.intake import decode
from tocsin.intake.receive import receive
from tocsin.ports.channels import Message
from tocsin.ports.conditions import Condition
from tocsin.ports.executors import Execution
from tocsin.ports.inbox import Incoming, Receipt
from tocsin.ports.work import Wake
from tocsin.reading.runbook import read_runbook
from tocsin.running import approve, clock
from tocsin.running.advance import settle_lost
from tocsin.worker.acts import Acts
from users import let_in

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
START = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
NODE = "here"

RUNBOOK = """\
# Shop runbook

## Checkout failing

**Alert:** `CheckoutFailing`
**Severity:** Critical (P1)
**Threshold:** >3% failed payments for 5 minutes

### Symptoms
- Carts stay full

### Investigation Steps

1. **Look at the payment log**
   ```bash
   tail -n 20 payments.log
   ```

2. **Count what is stuck**
   ```sql
   SELECT count(*) FROM payments WHERE state = 'stuck';
   ```

3. **Ask the payment provider**
   - Is there a notice on their page?

### Remediation

**Restart the payment worker:**
```bash
./shopctl restart payments
```

### Verification

1. **Verify that payments go through**
   ```bash
   tail -n 5 payments.log
   ```

### Escalation
- **No improvement after 20 min:** Escalate to engineering lead

## Search slow

**Alert:** `SearchSlow`
**Severity:** Warning (P2)
**Threshold:** p95 > 4 seconds for 10 minutes

### Investigation Steps

1. **Look at the search log**
   ```bash
   tail -n 20 search.log
   ```
"""

WORKSPACE = """\
[tocsin]
public_url = "http://tocsin.test"

[[channel]]
name = "mail"
kind = "smtp"
url = "smtp://127.0.0.1:2525"
sender = "tocsin@example.org"

[[person]]
name = "ada"
email = "ada@example.org"
channels = ["mail"]

[[person]]
name = "grace"
email = "grace@example.org"
channels = ["mail"]

[[person]]
name = "linus"
email = "linus@example.org"
channels = ["mail"]
roles = ["engineering lead"]

[[policy]]
name = "shop"

[[policy.level]]
people = ["ada"]
patience = "5m"

[[policy.level]]
people = ["grace"]
patience = "10m"

[[target]]
name = "here"
kind = "local"

[[target]]
name = "db"
kind = "sqlite"
url = "shop.db"

[[service]]
name = "shop"
match = ['service="shop"']
runbooks = ["shop.md"]
policy = "shop"
targets = ["here", "db"]
soak = "10m"
environment = { REGION = "north" }

[[source]]
name = "am"
kind = "alertmanager"
token_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""


@lru_cache(maxsize=64)
def _read(file: str, text: str) -> Runbook:
    return read_runbook(file, text.encode())


@dataclass
class Papers:
    """The team's runbooks, which a test may rewrite."""

    texts: dict[str, str]

    def get(self, file: str) -> Runbook | None:
        text = self.texts.get(file)
        return None if text is None else _read(file, text)

    def problems(self) -> list[tuple[str, Finding]]:
        return []


@dataclass
class Mailbox:
    """A channel that keeps what it is given, and fails a test that sends inside a transaction."""

    drill: Drill
    messages: list[tuple[str, Message]] = field(default_factory=list)
    refuse: Problem | None = None

    def send(self, message: Message, person: Person) -> str:
        assert not self.drill.in_transaction, "a page was sent inside a transaction"
        if self.refuse is not None:
            raise self.refuse
        self.messages.append((person.name, message))
        return "250 taken"


@dataclass
class Machine:
    """An executor that says what the test tells it to, and keeps what it was asked."""

    drill: Drill
    ran: list[Execution] = field(default_factory=list)
    answers: dict[str, tuple[bytes, Outcome]] = field(default_factory=dict)
    crash: Callable[[], None] | None = None

    def ready(self, target: Target, *, read_only: bool) -> str:
        return ""

    def run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        assert not self.drill.in_transaction, "a statement ran inside a transaction"
        self.ran.append(execution)
        if self.crash is not None:
            self.crash()
        text = execution.command.text
        output, outcome = self.answers.get(text, (b"fine\n", Outcome(exit_status=0)))
        say(output)
        return outcome

    @property
    def texts(self) -> list[str]:
        return [execution.command.text for execution in self.ran]


@dataclass
class Weather:
    """Says whether an alert's own condition still holds."""

    holds: bool | None = False

    def look(self, alert: Alert) -> Condition:
        return Condition(holds=self.holds, said=f"{alert.name} looked at")


class Died(BaseException):
    """The process was killed here."""


class Drill:
    """The product on one table, told from outside."""

    def __init__(
        self,
        directory: Path,
        *,
        url: str = "",
        workspace: str = WORKSPACE,
        runbooks: Mapping[str, str] | None = None,
        sandbox_missing: str = "",
    ) -> None:
        self.clock = START
        self.in_transaction = False
        self.tampered = False  # by the test, which then knows that the record does not hold
        self.engine = connect(url or f"sqlite:///{directory / 'drill.db'}")
        schema.metadata.create_all(self.engine)
        self._order = count()
        self._heap: list[tuple[datetime, int, Wake]] = []
        self.store = _Watched(self)
        self.papers = Papers({"shop.md": RUNBOOK} if runbooks is None else dict(runbooks))
        self.mailbox = Mailbox(self)
        self.machine = Machine(self)
        self.weather = Weather()
        self.app = App(
            workspace=self.read(workspace, directory),
            store=self.store,
            runbooks=self.papers,
            inbox=self,
            secret_key=b"drill" * 8,
            sandbox_missing=sandbox_missing,
            now=lambda: self.clock,
        )
        self.node = NODE
        with self.store.begin() as tx:
            for name in ("ada", "grace", "linus"):
                let_in(tx, name, at=START)
        self.acts = self._acts()

    @staticmethod
    def read(workspace: str, directory: Path = Path()) -> Workspace:
        """Return the workspace that the text describes."""
        return settings.read(workspace, file="tocsin.toml", directory=str(directory))

    def _acts(self) -> Acts:
        return Acts(
            app=self.app,
            node=self.node,
            channels={"mail": self.mailbox},
            executors=dict.fromkeys(product(Language, TargetKind), self.machine),
            conditions=self.weather,
            secret=lambda name: f"secret of {name}",
        )

    def close(self) -> None:
        self.engine.dispose()

    # What comes in

    def put(self, incoming: Incoming) -> Future[Receipt]:
        """The inbox, without its thread."""
        future: Future[Receipt] = Future()
        with self.store.begin() as tx:
            receipt = receive(tx, incoming, now=self.clock)
        future.set_result(receipt)
        return future

    def webhook(self, body: Mapping[str, Any] | bytes) -> Receipt:
        """Take an Alertmanager webhook and do what is due."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        receipt = self.put(decode.alertmanager("am", raw)).result()
        self.run_due()
        return receipt

    def alert(
        self,
        name: str = "CheckoutFailing",
        *,
        status: str = "firing",
        starts_at: str = "2026-01-05T02:58:00.123456789Z",
        **labels: str,
    ) -> Receipt:
        """One alert fires or resolves, of service shop unless told otherwise."""
        words = {"alertname": name, "service": "shop", **labels}
        ended = starts_at if status == "resolved" else "0001-01-01T00:00:00Z"
        alert = {"status": status, "labels": words, "startsAt": starts_at, "endsAt": ended}
        return self.webhook({"version": "4", "alerts": [alert]})

    # Time

    def run_due(self) -> None:
        """Do everything that is due at the present moment."""
        while self._heap and self._heap[0][0] <= self.clock:
            wake = heapq.heappop(self._heap)[2]
            self.acts.by_kind()[wake.kind](wake.subject)

    def fast_forward(self, by: timedelta) -> None:
        """Let time pass, doing what is due on the way."""
        end = self.clock + by
        while self._heap and self._heap[0][0] <= end:
            self.clock = max(self.clock, self._heap[0][0])
            self.run_due()
        self.clock = end

    def sleep(self, by: timedelta) -> None:
        """Let time pass while no worker runs, and lose every wake; then audit."""
        self.clock += by
        self._heap.clear()
        self.audit()

    def audit(self) -> None:
        """Look for what is overdue, as the auditor does, and do it."""
        with self.store.begin() as tx:
            clock.tick(tx, node=self.node, now=self.clock)
            settle_lost(tx, node=self.node, now=self.clock, busy=self.acts.busy())
        with self.store.look() as tx:
            overdue = tx.overdue(before=self.clock)
        self.wakes(overdue)
        self.run_due()

    def restart(self) -> None:
        """A new process takes over: wakes are forgotten, rows are not."""
        self.node = f"{self.node}+"
        self.acts = self._acts()
        self.machine.crash = None
        self.sleep(timedelta())

    def wakes(self, wakes: Sequence[Wake]) -> None:
        for wake in wakes:
            heapq.heappush(self._heap, (wake.at, next(self._order), wake))

    # What people do

    def act(self, incident_id: int, action: Action, by: str = "ada") -> Incident:
        with self.store.begin() as tx:
            changed = lifecycle.change(tx, IncidentId(incident_id), action, by=by, now=self.clock)
        self.run_due()
        return changed

    def approve(self, step_run: StepRun, by: str = "ada", **said: Any) -> None:
        """Approve what was looked at; `said` is what else the person says."""
        self.only_approve(step_run, by, **said)
        self.run_due()

    def only_approve(self, step_run: StepRun, by: str = "ada", **said: Any) -> None:
        """Approve it while no worker runs."""
        assert step_run.command is not None
        consent = approve.Consent(fingerprint=step_run.command.fingerprint(), **said)
        with self.store.begin() as tx:
            approve.approve(tx, self.app.grounds, step_run.id, consent, by=by, now=self.clock)

    # What is seen

    @property
    def incidents(self) -> list[Incident]:
        """All incidents, oldest first."""
        with self.store.look() as tx:
            return tx.incidents.newest(100)[::-1]

    @property
    def incident(self) -> Incident:
        """The only incident there is."""
        (only,) = self.incidents
        return only

    @property
    def status(self) -> Status:
        return self.incident.status

    @property
    def paged(self) -> list[str]:
        return [name for name, _ in self.mailbox.messages]

    def step_runs(self, incident_id: int = 1) -> list[StepRun]:
        with self.store.look() as tx:
            return tx.step_runs.of_incident(IncidentId(incident_id))

    def step_run(self, title: str, incident_id: int = 1) -> StepRun:
        (found,) = [each for each in self.step_runs(incident_id) if each.step_title == title]
        return found

    def output(self, step_run: StepRun) -> str:
        with self.store.look() as tx:
            return tx.step_runs.output(StepRunId(step_run.id))

    def story(self, incident_id: int = 1) -> list[str]:
        with self.store.look() as tx:
            return [entry.text for entry in tx.timeline.of_incident(IncidentId(incident_id))]

    def told(self, words: str, incident_id: int = 1) -> bool:
        """Return whether any timeline entry says this."""
        return any(words in text for text in self.story(incident_id))


class _Watched(SqlStore):
    """The real store, which lets the drill see whether a transaction is open."""

    def __init__(self, drill: Drill) -> None:
        super().__init__(drill.engine, after_commit=lambda wakes: drill.wakes(wakes))
        self._drill = drill

    def begin(self) -> Any:
        return _Marked(self._drill, super().begin())


@dataclass
class _Marked:
    drill: Drill
    inner: Any

    def __enter__(self) -> Any:
        tx = self.inner.__enter__()
        self.drill.in_transaction = True
        return tx

    def __exit__(self, *raised: Any) -> Any:
        self.drill.in_transaction = False
        return self.inner.__exit__(*raised)


def tables(engine: sa.Engine) -> set[str]:
    """Return the names of the tables there are."""
    return set(sa.inspect(engine).get_table_names())
