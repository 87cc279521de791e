"""Durable wakes on DBOS: a wake is one short workflow, enqueued in our own transaction.

Rows say what is due; the workflow only calls the handler, which re-reads the row. So nothing
sleeps inside a workflow, a wake that comes late or twice finds nothing to do, and one that is
lost with its node is made good by the auditor. The version is pinned: wakes outlive upgrades.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions

from tocsin.ports.work import Wake, WakeKind

_QUEUE = "tocsin-wakes"
_WORKFLOW = "tocsin-wake"
_VERSION = "wakes-1"
_KEPT = timedelta(hours=1)
_SWEPT_TOGETHER = 500

Act = Callable[[Wake], None]


class DurableWakes:
    """The engine. `enqueue` joins any transaction on the same database; `act` is called later."""

    def __init__(self, url: str, *, node: str) -> None:
        self._url = url
        self._engine = _engine(url)
        self._config = DBOSConfig(
            name="tocsin",
            system_database_url=url,
            system_database_engine=self._engine,
            application_version=_VERSION,
            executor_id=node,
            log_level="ERROR",
            serializer=DBOSPortableJSONSerializer(),
        )
        self._client: DBOSClient | None = None
        self._begun = False

    def start(self, act: Act) -> None:
        """Create the engine's tables if need be, and begin to call `act` for each due wake.

        Where this raises, `stop` clears up, and another engine may be started.
        """
        logging.getLogger("dbos").setLevel(logging.ERROR)
        self._begun = True
        DBOS(config=self._config)

        def wake(kind: str, subject: int, at: str) -> None:
            act(Wake(kind=WakeKind(kind), subject=subject, at=datetime.fromisoformat(at)))

        DBOS.workflow(name=_WORKFLOW)(wake)
        DBOS.launch()
        DBOS.register_queue(
            _QUEUE, worker_concurrency=8, polling_interval_sec=1.0, on_conflict="always_update"
        )
        self._client = DBOSClient(
            system_database_url=self._url,
            system_database_engine=self._engine,
            serializer=DBOSPortableJSONSerializer(),
        )

    def sweep(self, *, now: datetime) -> int:
        """Forget wakes that were answered over an hour ago; return how many, a batch at most."""
        old = DBOS.list_workflows(
            status="SUCCESS",
            completed_before=(now - _KEPT).isoformat(),
            limit=_SWEPT_TOGETHER,
            load_input=False,
            load_output=False,
        )
        if old:
            DBOS.delete_workflows([workflow.workflow_id for workflow in old])
        return len(old)

    def enqueue(self, connection: sa.Connection, wake: Wake) -> None:
        """Ask for one wake within the caller's transaction. The same wake twice is one.

        Before `start` this does nothing: the row is there, and the auditor looks at rows.
        """
        client = self._client
        if client is None:
            return
        delay_seconds = (wake.at - datetime.now(UTC)).total_seconds()
        at = wake.at.isoformat()
        options = EnqueueOptions(
            queue_name=_QUEUE,
            workflow_name=_WORKFLOW,
            workflow_id=f"{wake.kind}:{wake.subject}:{at}",
            app_version=_VERSION,
        )
        if delay_seconds > 0:
            options["delay_seconds"] = delay_seconds
        client.enqueue_in_transaction(connection, options, wake.kind.value, wake.subject, at)

    def stop(self) -> None:
        """Stop calling; wakes under way finish, the others stay for the next start."""
        self._client = None
        if self._begun:
            self._begun = False
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=2)
        self._engine.dispose()


def _engine(url: str) -> sa.Engine:
    """Return DBOS's own engine: it begins transactions itself, so it cannot share ours."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=10, pool_pre_ping=True)
    engine = sa.create_engine(url, pool_size=10)
    sa.event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
