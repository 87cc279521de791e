"""Put the server together and run it: one process, everything in it."""

from __future__ import annotations

import importlib
import logging
import os
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import sqlalchemy as sa
import uvicorn

from tocsin import __version__
from tocsin.adapters.channels.console import ConsoleChannel
from tocsin.adapters.channels.smtp import SmtpChannel
from tocsin.adapters.channels.webhook import WebhookChannel
from tocsin.adapters.db.store import SqlStore
from tocsin.adapters.sources import prometheus
from tocsin.adapters.sources.runbook_files import RunbookFiles
from tocsin.app import App
from tocsin.bootstrap.checks import (
    ended_with_their_checks,
    incoming_of,
    probes,
    still_watched,
)
from tocsin.bootstrap.database import hold_alone, open_database, secret_key
from tocsin.bootstrap.executors import executors, private_files, sandbox_missing
from tocsin.bootstrap.late import LatePasswords, LateProvider
from tocsin.bootstrap.listening import Listening, listen
from tocsin.bootstrap.quiet import quiet_log
from tocsin.bootstrap.record import configuration_sha256, outlets
from tocsin.bootstrap.secrets import Secrets
from tocsin.core.check import CheckEvent
from tocsin.core.errors import Problem
from tocsin.core.timeline import EntryKind
from tocsin.core.workspace import Channel, ChannelKind, Workspace
from tocsin.ports.channels import ChannelPort
from tocsin.ports.work import Wake
from tocsin.reading.runbook import read_runbook
from tocsin.running import classifier
from tocsin.watch.daemon import Daemon
from tocsin.web import site
from tocsin.web.live import Live
from tocsin.worker.acts import Acts
from tocsin.worker.auditor import Auditor
from tocsin.worker.brake import Brake
from tocsin.worker.conditions import CHECKS, AlertConditions
from tocsin.worker.loop import Worker
from tocsin.worker.witness import Witness
from tocsin.worker.writer import GroupWriter

_REPORT_TIMEOUT_S = 10
_ENGINE_AGAIN_S = 5
_SWEEP_EVERY_S = 60
_GRACE_S = 2  # for open streams at shutdown

log = logging.getLogger("tocsin")


def utc_now() -> datetime:
    """Return the time now. The only clock the product reads."""
    return datetime.now(UTC)


def runbook_files(workspace: Workspace) -> RunbookFiles:
    """Return the workspace's runbooks."""
    files = tuple(dict.fromkeys(file for each in workspace.services for file in each.runbooks))
    return RunbookFiles(Path(workspace.directory), files, read_runbook)


def identity_of(workspace: Workspace) -> LateProvider | None:
    """Return where people log in instead of here, if anywhere."""
    settings, secrets_ = workspace.oidc, Secrets(workspace)
    if settings is None:
        return None
    return LateProvider(
        settings,
        secret=lambda: secrets_.value(settings.client_secret),
        returns_to=f"{workspace.public_url}/login/oidc/return",
        clock=lambda: utc_now().timestamp(),
    )


def channel_of(channel: Channel, secrets_: Secrets) -> ChannelPort:
    """Return the adapter of one channel, with its secret."""
    secret = secrets_.value(channel.secret) if channel.secret else ""
    if channel.kind is ChannelKind.SMTP:
        return SmtpChannel(channel, password=secret)
    if channel.kind is ChannelKind.WEBHOOK:
        return WebhookChannel(channel, signing_key=secret)
    return ConsoleChannel()


class Server:
    """Everything that runs in the process, in the order it starts and stops."""

    def __init__(self, workspace: Workspace) -> None:
        """Open and connect everything; nothing runs yet.

        Raises:
            Unavailable("store.…"): The database cannot be opened, or is served already.
            Unavailable("serve.address"): It cannot listen where it should.
        """
        self._lock = hold_alone(workspace)
        self._node = f"{socket.gethostname()}-{secrets.token_hex(4)}"
        self._workspace = workspace
        self._live = Live()
        self._stopping = Event()
        self._engine: EngineHolder = EngineHolder(workspace.database, self._node)
        database = open_database(workspace)
        self._secrets = Secrets(workspace)
        known = self._secrets.known
        quiet_log(known.redact)
        self._store = SqlStore(
            database,
            mask=known.mask,
            enqueue=self._engine.enqueue,
            after_commit=self._after_commit,
        )
        self._writer = GroupWriter(self._store, utc_now)
        self._channels = {each.name: channel_of(each, self._secrets) for each in workspace.channels}
        self._witness = Witness(self._store, outlets(workspace, self._channels), now=utc_now)
        self.app = App(
            workspace=workspace,
            store=self._store,
            runbooks=runbook_files(workspace),
            inbox=self._writer,
            secret_key=secret_key(database),
            sandbox_missing=sandbox_missing(),
            now=utc_now,
            passwords=LatePasswords(),
            warnings=self._witness.warnings,
            mask=known.redact,
            identity=identity_of(workspace),
        )
        self._checks = self._daemon()
        acts = self._acts()
        self._worker = Worker(acts.by_kind(), utc_now)
        self._auditor = Auditor(
            self._store, self._worker.nudge, node=self._node, now=utc_now, busy=acts.busy
        )

        self._brake = Brake(self._store, lambda because: acts.stop(lambda _: True, because))
        self._sockets = listen(workspace.listen_host, workspace.listen_port)

    def _acts(self) -> Acts:
        return Acts(
            app=self.app,
            node=self._node,
            channels=self._channels,
            executors=executors(
                self._secrets.value,
                sockets=os.path.join(self._workspace.data_directory, "ssh"),
                hidden=private_files(self._workspace),
            ),
            conditions=AlertConditions(
                self._workspace, self._checks.latest, partial(prometheus.ask, self._secrets.value)
            ),
            secret=self._secrets.value,
            known=self._secrets.known,
        )

    def _daemon(self) -> Daemon:
        with self._store.look() as tx:
            firing = tx.alerts.firing(CHECKS)
        names = {check.name for check in self._workspace.checks}
        since, self._gone = still_watched(firing, names)
        return Daemon(
            self._workspace.checks,
            probes(self._workspace, self._secrets.value),
            self._report,
            utc_now,
            firing=since,
        )

    def _end_gone(self) -> None:
        """Report what no check watches any more as resolved, until that is on file."""
        if not self._gone:
            return
        ended = ended_with_their_checks(self._gone, at=utc_now())
        while not self._stopping.is_set():
            try:
                self._writer.put(ended).result(timeout=_REPORT_TIMEOUT_S)
            except (Problem, FutureTimeout):
                self._stopping.wait(_ENGINE_AGAIN_S)
            else:
                return

    def _report(self, event: CheckEvent) -> None:
        self._writer.put(incoming_of(event)).result(timeout=_REPORT_TIMEOUT_S)

    def _after_commit(self, wakes: Sequence[Wake]) -> None:
        self._worker.nudge(wakes)
        self._live.announce()

    def run(self, when_ready: Callable[[], None] = lambda: None) -> None:
        """Serve until SIGTERM or SIGINT; call `when_ready`, in a thread, once it answers."""
        Thread(target=self._secrets.read_all, daemon=True).start()
        self._writer.start()
        self._worker.start()
        self._auditor.start()
        self._brake.start()
        self._note("started", {"version": __version__, **self._configuration()})
        self._witness.start()
        config = uvicorn.Config(
            site.build(self.app, self._live),
            log_config=None,  # to our own handlers, which keep secrets to themselves
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
        listening = Listening(
            config, on_ready=lambda: self._on_ready(when_ready), on_exit=self._live.close
        )
        try:
            listening.run(sockets=self._sockets)
        finally:
            self._stop()

    def _on_ready(self, when_ready: Callable[[], None]) -> None:
        self._checks.start()
        Thread(target=self._end_gone, daemon=True).start()
        Thread(target=self._settle_in, args=(when_ready,), daemon=True).start()
        log.info("ready on %s", self._workspace.public_url)

    def _settle_in(self, when_ready: Callable[[], None]) -> None:
        """Do what takes a second, and what nobody should wait for.

        DBOS is slow to import, but paging does not wait for its own safety net: the auditor
        looks at the rows from the first moment.
        """
        when_ready()
        self._engine.start(self._worker)

    def _stop(self) -> None:
        self._stopping.set()
        self._checks.stop()
        self._writer.stop()
        self._auditor.stop()
        self._brake.stop()
        self._worker.stop()
        self._note("stopped", {})
        self._witness.stop()
        self._engine.stop()

    def _configuration(self) -> Mapping[str, object]:
        return {
            "configuration_sha256": configuration_sha256(self._workspace),
            "classifier": classifier.version(),
        }

    def _note(self, what: str, facts: Mapping[str, object]) -> None:
        """Put on record what this server does; a database that refuses keeps nobody from work."""
        try:
            with self._store.begin() as tx:
                said = {"node": self._node, **facts}
                tx.audit.note(EntryKind.SERVER, f"server {what}", at=utc_now(), facts=said)
        except Problem as problem:
            log.warning("that the server %s is not on record: %s", what, problem.message)


class EngineHolder:
    """The durable engine, which starts after the server answers."""

    def __init__(self, url: str, node: str) -> None:
        self._url = url
        self._node = node
        self._engine: Any = None
        self._stopped = Event()

    def start(self, worker: Worker) -> None:
        """Import and launch the engine; from then on commits enqueue their wakes.

        One that does not start (the database is locked) is tried again until it does. Returns
        only after `stop`: meanwhile it forgets wakes that were answered long ago.
        """
        while not self._launch(worker):
            if self._stopped.wait(_ENGINE_AGAIN_S):
                return
        while not self._stopped.wait(_SWEEP_EVERY_S):
            _sweep(self._engine)

    def _launch(self, worker: Worker) -> bool:
        module = importlib.import_module("tocsin.adapters.engine.durable")
        engine = module.DurableWakes(self._url, node=self._node)
        try:
            engine.start(worker.act)
        except Exception as error:  # noqa: BLE001  # the edge: the auditor alone carries the wakes
            reason = str(error).strip().partition("\n")[0]
            log.warning("the auditor carries the wakes until the engine starts: %s", reason)
            engine.stop()
            return False
        self._engine = engine
        return True

    def enqueue(self, connection: sa.Connection, wake: Wake) -> None:
        """Ask for a wake in the caller's transaction."""
        if self._engine is not None:
            self._engine.enqueue(connection, wake)

    def stop(self) -> None:
        """Stop the engine if it runs."""
        self._stopped.set()
        if self._engine is not None:
            self._engine.stop()


def _sweep(engine: Any) -> None:
    try:
        engine.sweep(now=utc_now())
    except Exception:  # the edge: a sweep that fails costs disk, nothing else
        log.exception("old wakes could not be swept")
