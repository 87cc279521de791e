"""A night at a small job service, in a real store: what the pages have to show.

The tests of the web and `scripts/pictures.py` look at the same scene. The stages themselves
write it, as far as they can without running anything.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tocsin.adapters.db.migrate import upgrade
from tocsin.adapters.db.store import SqlStore, connect
from tocsin.app import App
from tocsin.core.errors import Problem
from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.incident import Action, Binding, Incident
from tocsin.core.page import DeliveryState, Page
from tocsin.core.run import Outcome, RunState, StepRun
from tocsin.core.runbook import (
    Finding,
    Language,
    Phase,
    Playbook,
    Runbook,
    SeverityLevel,
    Statement,
    Step,
)
from tocsin.core.timeline import EntryKind
from tocsin.core.workspace import (
    Level,
    Person,
    Policy,
    Service,
    Source,
    SourceKind,
    Target,
    TargetKind,
    Workspace,
)
from tocsin.incidents import lifecycle
from tocsin.intake import decode, receive
from tocsin.people import tokens
from tocsin.ports.inbox import Incoming, Receipt
from tocsin.records import timeline
from tocsin.running import advance, approve
from tocsin.running.plan import Setting, plan
from users import let_in

ADA, GRACE = "ada", "grace"
TOKENS = {ADA: "token-of-ada", GRACE: "token-of-grace"}
SOURCE_TOKENS = {"prod-alertmanager": "token-of-alertmanager", "deploys": "token-of-deploys"}
KEY = b"a key that signs links in tests."
FILE = "runbooks/jobs.md"
NODE = "node-1"
MINUTE = timedelta(minutes=1)
RUNBOOK = Runbook(
    file=FILE,
    sha256="5" * 64,
    title="Job service: when it breaks",
    severities=(
        SeverityLevel(id="SEV-1", line=14, respond_within=5 * MINUTE, rank=0),
        SeverityLevel(id="SEV-2", line=15, respond_within=15 * MINUTE, rank=1),
        SeverityLevel(id="SEV-3", line=16, rank=2),
    ),
)
BINDING = Binding(
    file=FILE,
    anchor="queue-stalled",
    heading="Queue stalled",
    line=41,
    runbook_sha256=RUNBOOK.sha256,
)
OTHER = replace(BINDING, anchor="disk-filling", heading="Disk filling", line=118)


class Documents:
    """The team's one runbook, as it stands."""

    def __init__(self) -> None:
        self.findings: list[tuple[str, Finding]] = []
        self.runbook = RUNBOOK

    def get(self, file: str) -> Runbook | None:
        """Return it, or None for any other file."""
        return self.runbook if file == FILE else None

    def problems(self) -> list[tuple[str, Finding]]:
        """Return what the test put there."""
        return self.findings


class DirectInbox:
    """Commits each message by itself, at once; or refuses all of them."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.refuses: Problem | None = None

    def put(self, incoming: Incoming) -> Future[Receipt]:
        """Return a future that is done, or has failed, already."""
        future: Future[Receipt] = Future()
        if self.refuses:
            future.set_exception(self.refuses)
            return future
        with self._store.begin() as tx:
            receipt = receive.receive(tx, incoming, now=datetime.now(UTC))
        future.set_result(receipt)
        return future


@dataclass(slots=True)
class Scene:
    """The running product over one database file, and what was put into it."""

    app: App
    inbox: DirectInbox
    documents: Documents
    now: datetime

    def incident(self, **changes: object) -> IncidentId:
        """Open an incident that follows the runbook; return its id."""
        with self.app.store.begin() as tx:
            filed = tx.incidents.add(_incident(self.now, **changes))
            assert filed is not None
            timeline.note(tx, filed.id, EntryKind.BINDING, filed.reason, at=filed.opened_at)
            return filed.id

    def runs(self, incident_id: IncidentId, step_runs: list[StepRun]) -> list[StepRunId]:
        """File step runs; return their ids."""
        with self.app.store.begin() as tx:
            placed = [
                replace(each, incident_id=incident_id, position=place)
                for place, each in enumerate(step_runs)
            ]
            return [each.id for each in tx.step_runs.add(placed)]

    def ran(
        self, step_run_id: StepRunId, output: str, *, took: float = 0.4, status: int = 0
    ) -> None:
        """Let a step run start and end with this output."""
        with self.app.store.begin() as tx:
            started = advance.start(tx, self.app.grounds, step_run_id, node=NODE, now=self.now)
            assert started is not None
            tx.step_runs.append_output(step_run_id, started.attempt, output)
            advance.finish(
                tx,
                step_run_id,
                started.attempt,
                Outcome(exit_status=status),
                now=self.now + timedelta(seconds=took),
            )

    def starts(self, step_run_id: StepRunId, output: str = "") -> None:
        """Let a step run start and say something, but not end."""
        with self.app.store.begin() as tx:
            started = advance.start(tx, self.app.grounds, step_run_id, node=NODE, now=self.now)
            assert started is not None
            if output:
                tx.step_runs.append_output(step_run_id, started.attempt, output)

    def says(self, step_run_id: StepRunId, output: str) -> None:
        """Let a running step run say something more."""
        with self.app.store.begin() as tx:
            tx.step_runs.append_output(step_run_id, 1, output)

    def does(self, incident_id: IncidentId, action: Action, by: str = ADA) -> None:
        """Change an incident as a person or the recovery would."""
        with self.app.store.begin() as tx:
            lifecycle.change(tx, incident_id, action, by=by, now=self.now)

    def approves(self, step_run_id: StepRunId, by: str = ADA) -> None:
        """Approve what waits."""
        with self.app.store.begin() as tx:
            command = tx.step_runs.get(step_run_id).command
            assert command is not None
            consent = approve.Consent(fingerprint=command.fingerprint())
            approve.approve(tx, self.app.grounds, step_run_id, consent, by=by, now=self.now)

    def ticks(self, step_run_id: StepRunId, note: str, by: str = ADA) -> None:
        """Say that a manual step is done."""
        with self.app.store.begin() as tx:
            approve.tick(tx, step_run_id, by=by, note=note, now=self.now)

    def release_held(self, incident_id: IncidentId) -> None:
        """Let the verifications run, as the recovery does."""
        with self.app.store.begin() as tx:
            incident = tx.incidents.get(incident_id)
            held = lambda run: run.state is RunState.HELD  # noqa: E731
            advance.ready_held(tx, incident, held, now=self.now)

    def rewrite(self, statement: str) -> None:
        """Do to the database what only somebody with the file in their hands can."""
        engine = connect(self.app.workspace.database)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def page(self, incident_id: IncidentId, person: str = ADA, **changes: object) -> int:
        """Send a page; return its id."""
        with self.app.store.begin() as tx:
            incident = tx.incidents.get(incident_id)
            page = replace(
                Page(
                    id=0,  # type: ignore[arg-type]  # the store numbers it
                    incident_id=incident_id,
                    triggered_at=incident.triggered_at,
                    round=0,
                    rung=0,
                    person=person,
                    made_at=self.now,
                ),
                **changes,  # type: ignore[arg-type]
            )
            tx.pages.add(page, ["mail"])
            sent = tx.pages.deliveries(incident_id)[-1]
            tx.pages.put_delivery(
                replace(sent, state=DeliveryState.SENT, attempts=1, said="250 taken", due_at=None)
            )
            timeline.note(tx, incident_id, EntryKind.PAGE, f"paged {person} by mail", at=self.now)
            return int(sent.page_id)

    def alert(self, incident_id: IncidentId, body: bytes) -> None:
        """Receive an Alertmanager message whose alerts belong to the incident."""
        self.inbox.put(decode.alertmanager("prod-alertmanager", body)).result()
        with self.app.store.begin() as tx:
            for each in tx.alerts.pending(100):
                tx.alerts.settle(each.id, incident_id)
                text = f"{each.name} {each.status} from {each.source}"
                timeline.note(tx, incident_id, EntryKind.ALERT, text, at=self.now)


def build(folder: Path, *, now: datetime | None = None) -> Scene:
    """Return an empty scene over a new database in `folder`."""
    url = f"sqlite:///{folder}/tocsin.db"
    engine = connect(url)
    upgrade(engine)
    store = SqlStore(engine)
    inbox, documents = DirectInbox(store), Documents()
    scene = Scene(
        app=None,  # type: ignore[arg-type]  # in a moment: its clock is the scene's
        inbox=inbox,
        documents=documents,
        now=now or datetime.now(UTC),
    )
    scene.app = App(
        workspace=workspace(folder, url),
        store=store,
        runbooks=documents,
        inbox=inbox,
        secret_key=KEY,
        sandbox_missing="",
        now=lambda: scene.now,
    )
    with store.begin() as tx:
        for name, token in TOKENS.items():
            let_in(tx, name, token, at=scene.now)
    return scene


def workspace(folder: Path, url: str) -> Workspace:
    """Return the team's set-up."""
    return Workspace(
        directory=str(folder),
        data_directory=str(folder),
        database=url,
        public_url="http://testserver",
        services=(
            Service(
                name="jobs",
                policy="nights",
                runbooks=(FILE,),
                targets=("jobs-host", "jobs-db"),
            ),
        ),
        targets=(
            Target(name="jobs-host", kind=TargetKind.LOCAL),
            Target(name="jobs-db", kind=TargetKind.SQLITE, url="jobs.db"),
        ),
        policies=(
            Policy(
                name="nights",
                levels=(
                    Level(people=(ADA,), patience=5 * MINUTE),
                    Level(people=(GRACE,), patience=10 * MINUTE),
                ),
            ),
        ),
        people=(Person(name=ADA), Person(name=GRACE)),
        sources=(
            Source(
                name="prod-alertmanager",
                kind=SourceKind.ALERTMANAGER,
                token_sha256=tokens.sha256(SOURCE_TOKENS["prod-alertmanager"]),
            ),
            Source(
                name="deploys",
                kind=SourceKind.GENERIC,
                token_sha256=tokens.sha256(SOURCE_TOKENS["deploys"]),
            ),
        ),
    )


def _incident(now: datetime, **changes: object) -> Incident:
    incident = Incident(
        id=IncidentId(0),
        title="QueueStalled on jobs",
        service="jobs",
        severity="SEV-1",
        severity_rank=0,
        binding=BINDING,
        reason=f"{FILE}:41 “Queue stalled” names the alert QueueStalled in line 43",
        opened_at=now,
        triggered_at=now,
        escalate_at=now + 5 * MINUTE,
    )
    return replace(incident, **changes)  # type: ignore[arg-type]


def _statement(
    line: int, text: str, *, language: Language = Language.BASH, label: str = ""
) -> Statement:
    last = line + text.count("\n")
    return Statement(start=line, end=last, language=language, text=text, label=label)


PLAYBOOK = Playbook(
    heading="Queue stalled",
    line=41,
    anchor="queue-stalled",
    alerts=("QueueStalled",),
    steps=(
        Step(
            title="Is the queue growing?",
            line=46,
            phase=Phase.INVESTIGATE,
            statements=(
                _statement(
                    48,
                    "SELECT state, count(*), min(created_at) AS oldest FROM jobs GROUP BY state;",
                    language=Language.SQL,
                ),
            ),
        ),
        Step(
            title="Does the service itself answer?",
            line=52,
            phase=Phase.INVESTIGATE,
            statements=(_statement(54, "curl -s http://127.0.0.1:8650/health"),),
        ),
        Step(
            title="What did the worker say last?",
            line=58,
            phase=Phase.INVESTIGATE,
            statements=(
                _statement(
                    60, "tail -n 40 var/worker.log", label="The last lines before it fell silent"
                ),
                _statement(
                    63,
                    "grep -c 'worker started' var/worker.log",
                    label="How often it was started today",
                ),
            ),
        ),
        Step(
            title="Follow the log while you read",
            line=67,
            phase=Phase.INVESTIGATE,
            statements=(_statement(69, "tail -f var/worker.log"),),
        ),
        Step(
            title="Set the poisonous job aside",
            line=75,
            phase=Phase.MITIGATE,
            statements=(
                _statement(
                    77,
                    "UPDATE jobs SET state = 'parked'\n"
                    "WHERE id = (SELECT id FROM jobs WHERE state = 'running');",
                    language=Language.SQL,
                ),
            ),
        ),
        Step(
            title="Start the worker again",
            line=82,
            phase=Phase.MITIGATE,
            statements=(_statement(84, "./jobs worker --detach"),),
        ),
        Step(
            title="Tell the customers' desk",
            line=90,
            phase=Phase.MITIGATE,
            text="Say that imports are late and that nothing is lost. Use the template below.",
        ),
        Step(
            title="The queue drains",
            line=95,
            phase=Phase.VERIFY,
            statements=(
                _statement(
                    97,
                    "SELECT count(*) FROM jobs WHERE state = 'queued';",
                    language=Language.SQL,
                ),
            ),
        ),
        Step(
            title="The worker reports again",
            line=99,
            phase=Phase.VERIFY,
            statements=(_statement(101, "grep 'worker started' var/worker.log | tail -n 1"),),
        ),
        Step(
            title="Keep the job that did it",
            line=108,
            phase=Phase.FOLLOW_UP,
            text="- Write a test with the parked job\n"
            "- Make the worker survive a job it cannot read",
        ),
    ),
)
RUNBOOK = replace(RUNBOOK, playbooks=(PLAYBOOK,))


def playbook(of: Playbook = PLAYBOOK, runbook: Runbook = RUNBOOK) -> list[StepRun]:
    """Return a playbook's step runs as they are planned."""
    team = workspace(Path("/srv/jobs"), "")
    setting = Setting(workspace=team, service=team.services[0], runbook=runbook)
    return plan(setting, of, IncidentId(0))


def with_playbooks(*playbooks: Playbook) -> Runbook:
    """Return the runbook with further playbooks; of two with one anchor the last counts."""
    last = {each.anchor: each for each in (PLAYBOOK, *playbooks)}
    return replace(RUNBOOK, playbooks=tuple(last.values()))


def asking(heading: str, line: int, looks: str, title: str, text: str) -> Playbook:
    """Return a playbook of two steps: a look, and something to approve."""
    look = _statement(line + 5, looks)
    return Playbook(
        heading=heading,
        line=line,
        anchor=heading.lower().replace(" ", "-"),
        steps=(
            Step(title="Look first", line=line + 3, phase=Phase.INVESTIGATE, statements=(look,)),
            Step(
                title=title,
                line=line + 8,
                phase=Phase.MITIGATE,
                statements=(_statement(line + 10, text),),
            ),
        ),
    )


ALERT = b"""{
  "version": "4",
  "alerts": [{
    "status": "firing",
    "labels": {"alertname": "QueueStalled", "service": "jobs", "severity": "critical",
               "instance": "jobs-1.internal:8650"},
    "annotations": {"summary": "No job has finished for 3 minutes while 214 wait"},
    "startsAt": "2026-01-05T03:11:42.118Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "fingerprint": "b7d0d26a1f6bb2e1"
  }]
}"""
