"""A store with an open back, values to put into it, and a race of threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, TypeVar

import sqlalchemy as sa

from tocsin.adapters.db.store import SqlStore
from tocsin.core.alert import AlertStatus, Report
from tocsin.core.ids import IncidentId, PageId, StepRunId
from tocsin.core.incident import Binding, Incident
from tocsin.core.page import Page
from tocsin.core.risk import Risk
from tocsin.core.run import Command, RunState, StepRun
from tocsin.core.runbook import Language, Phase
from tocsin.core.timeline import Entry, EntryKind
from tocsin.ports.work import Wake

NOW = datetime(2026, 1, 5, 3, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
Found = TypeVar("Found")

BINDING = Binding(file="shop.md", anchor="down", heading="Down", line=7, runbook_sha256="ab" * 32)
INCIDENT = Incident(
    id=IncidentId(0),
    title="Checkout is down",
    service="shop",
    severity="P1",
    severity_rank=0,
    binding=BINDING,
    candidates=(BINDING,),
    reason="alert Down, shop.md:7",
    open_key="shop|shop.md#down",
    join_key="shop|shop.md#down",
    opened_at=NOW,
    triggered_at=NOW,
    soak=timedelta(minutes=7, milliseconds=5),
    escalate_at=NOW,
)
REPORT = Report(
    fingerprint="f1",
    starts_at="2026-01-05T02:58:00.123456789Z",
    status=AlertStatus.FIRING,
    labels={"alertname": "Down", "evil": "\x00'; DROP TABLE tocsin_alert; --"},
    annotations={"summary": "it is down ☎"},
    generator_url="http://prometheus.test/graph",
    hidden=3,
)


def step_run(incident_id: IncidentId, **changes: Any) -> StepRun:
    """Return a statement that is ready to run."""
    command = Command(
        language=Language.BASH,
        text="tail -n 5 payments.log",
        target="here",
        runbook_sha256="ab" * 32,
        step_line=9,
        environment_names=("REGION",),
    )
    run = StepRun(
        id=StepRunId(0),
        incident_id=incident_id,
        position=0,
        step_title="Look",
        step_line=9,
        phase=Phase.INVESTIGATE,
        start=10,
        end=12,
        text="tail -f payments.log",
        command=command,
        risk=Risk.READ,
        why=("tail only reads",),
        state=RunState.READY,
    )
    return replace(run, **changes)


def page(incident_id: IncidentId, **changes: Any) -> Page:
    """Return the first page of an incident."""
    first = Page(
        id=PageId(0),
        incident_id=incident_id,
        triggered_at=NOW,
        round=0,
        rung=0,
        person="ada",
        made_at=NOW,
        reason="level 1",
    )
    return replace(first, **changes)


def entry(incident_id: IncidentId, text: str = "it happened", **changes: Any) -> Entry:
    """Return an entry that is not yet on the timeline."""
    said = Entry(
        incident_id=incident_id, seq=0, at=NOW, actor="ada", kind=EntryKind.NOTE, text=text
    )
    return replace(said, **changes)


@dataclass
class Shelf:
    """A store, what it enqueued and what it nudged."""

    engine: sa.Engine
    enqueued: list[Wake] = field(default_factory=list)
    nudged: list[Wake] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = SqlStore(
            self.engine,
            enqueue=lambda _connection, wake: self.enqueued.append(wake),
            after_commit=self.nudged.extend,
        )

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def incident(self, **changes: Any) -> Incident:
        """File an incident and return it."""
        with self.store.begin() as tx:
            filed = tx.incidents.add(replace(INCIDENT, **changes))
        assert filed is not None
        return filed

    def runs(self, *changes: dict[str, Any], incident: Incident | None = None) -> list[StepRun]:
        """File step runs, one per set of changes, and return them."""
        of = incident or self.incident()
        with self.store.begin() as tx:
            return tx.step_runs.add([step_run(of.id, **each) for each in changes])

    def chain(self, incident_id: IncidentId) -> list[Entry]:
        with self.store.look() as tx:
            return tx.timeline.of_incident(incident_id)

    def sql(self, text: str, **values: Any) -> None:
        """Do behind the store's back what somebody with a database client could."""
        with self.engine.begin() as connection:
            connection.execute(sa.text(text), values)

    def tell(self, ask: Callable[[Any], Found]) -> Found:
        """Return what a look at the store gives."""
        with self.store.look() as tx:
            return ask(tx)


def race(count: int, act: Callable[[int], Found]) -> list[Found]:
    """Let `count` threads begin at the same moment; return what each got."""
    line = Barrier(count)

    def run(number: int) -> Found:
        line.wait(20)
        return act(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))
