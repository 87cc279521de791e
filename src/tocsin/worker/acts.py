"""What each wake does: read what is due, perform it outside any transaction, record.

Whoever is woken re-reads the row; a stale or double wake finds nothing to do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tocsin.app import App
from tocsin.core.errors import Invalid, NotFound, Problem, Unavailable
from tocsin.core.filling import in_environment
from tocsin.core.ids import DeliveryId, IncidentId, StepRunId
from tocsin.core.place import unconfined
from tocsin.core.risk import Risk
from tocsin.core.run import Outcome, StepRun
from tocsin.core.runbook import Language, Runbook
from tocsin.core.workspace import STORES, Target, TargetKind
from tocsin.incidents import recover
from tocsin.intake.bind import BATCH, Duty, bind_pending, park_oldest
from tocsin.paging import deliver
from tocsin.paging.deliver import Attempt
from tocsin.paging.escalate import escalate
from tocsin.ports.channels import ChannelPort, Message
from tocsin.ports.conditions import Conditions
from tocsin.ports.executors import Execution, Executor, Executors, Stop
from tocsin.ports.work import WakeKind
from tocsin.reading.programs import programs_in
from tocsin.running import advance
from tocsin.running.known import Known
from tocsin.running.plan import DIRECT
from tocsin.worker.blind import Blind
from tocsin.worker.conditions import look_at_all
from tocsin.worker.gathering import Gathering, Ran, settle
from tocsin.worker.hosts import Round
from tocsin.worker.loop import Act

log = logging.getLogger("tocsin.worker")


class _NoRunbooks:
    """Stands in for the runbooks when one of them makes us stumble: the alert still counts."""

    def get(self, file: str) -> Runbook | None:
        return None

    def problems(self) -> list[Any]:
        return []


def _defect(error: Exception) -> Unavailable:
    log.error("a channel went wrong", exc_info=error)
    return Unavailable("channel.defect", f"The channel went wrong: {error!r}"[:300])


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """The worker's hands."""

    app: App
    node: str
    channels: Mapping[str, ChannelPort]
    executors: Executors
    conditions: Conditions
    secret: Callable[[str], str]  # the value of a secret by name; raises a Problem
    known: Known = field(default_factory=Known)  # what must not get out
    blind: Blind = field(default_factory=Blind)
    hands: dict[StepRunId, Stop] = field(default_factory=dict)  # what is being run just now

    def busy(self) -> frozenset[StepRunId]:
        """Return what is being run just now."""
        return frozenset(self.hands)

    def by_kind(self) -> Mapping[WakeKind, Act]:
        """Return what each kind of wake calls."""
        return {
            WakeKind.BIND: lambda _: self.bind(),
            WakeKind.ESCALATE: lambda subject: self.escalate(IncidentId(subject)),
            WakeKind.DELIVER: lambda subject: self.deliver(DeliveryId(subject)),
            WakeKind.RUN: lambda subject: self.run(StepRunId(subject)),
            WakeKind.RECOVER: lambda subject: self.recover(IncidentId(subject)),
        }

    def _now(self) -> datetime:
        return self.app.now()

    def bind(self) -> None:
        """Take up all pending alerts; one that makes us stumble is taken up by itself."""
        duty = Duty(
            workspace=self.app.workspace,
            runbooks=self.app.runbooks,
            sandbox_missing=self.app.sandbox_missing,
        )
        taken = BATCH
        while taken:
            try:
                taken = self._bind_some(duty, BATCH)
            except Unavailable:
                raise
            except Exception:  # the edge: pages fail open
                log.exception("alerts could not be bound together; binding them one by one")
                taken = self._bind_one_by_one(duty)

    def _bind_some(self, duty: Duty, most: int) -> int:
        with self.app.store.begin() as tx:
            return bind_pending(tx, duty, now=self._now(), most=most)

    def _bind_one_by_one(self, duty: Duty) -> int:
        """Bind a batch alert by alert, so that only the one that is bad loses its playbook."""
        plain = replace(duty, runbooks=_NoRunbooks())
        for _ in range(BATCH):
            for way in (duty, plain):
                try:
                    if not self._bind_some(way, 1):
                        return 0
                    break
                except Unavailable:
                    raise
                except Exception:  # the edge, as above
                    log.exception("an alert could not be bound")
            else:
                with self.app.store.begin() as tx:
                    park_oldest(tx)
        return BATCH

    def escalate(self, incident_id: IncidentId) -> None:
        """Page whoever is due."""
        with self.app.store.begin() as tx:
            escalate(tx, self.app.workspace, self.app.runbooks, incident_id, now=self._now())

    def deliver(self, delivery_id: DeliveryId) -> None:
        """Make one attempt at a delivery; with a database that only reads, make it all the same."""
        keys: dict[str, Any] = {
            "secret_key": self.app.secret_key,
            "public_url": self.app.workspace.public_url,
        }
        try:
            with self.app.store.begin() as tx:
                attempt = deliver.claim(tx, delivery_id, now=self._now(), **keys)
        except Unavailable:
            if not self.blind.may_try(delivery_id, self._now()):
                return
            with self.app.store.look() as tx:
                attempt = deliver.peek(tx, delivery_id, now=self._now(), **keys)
        if attempt is not None:
            self._attempt(attempt)

    def _attempt(self, attempt: Attempt) -> None:
        delivery = attempt.delivery
        try:
            said = self.blind.sent(delivery.id) or self.known.redact(self._send(attempt))
        except Exception as error:  # noqa: BLE001  # the edge: whatever a channel does, it is said and repeated
            problem = error if isinstance(error, Problem) else _defect(error)
            problem.message = self.known.redact(problem.message)
            with self.app.store.begin() as tx:
                deliver.record_failed(tx, delivery, problem, now=self._now())
        else:
            self.blind.remember(delivery.id, said)
            with self.app.store.begin() as tx:
                deliver.record_sent(tx, delivery, said, now=self._now())
            self.blind.forget(delivery.id)

    def _send(self, attempt: Attempt) -> str:
        person = self.app.workspace.person(attempt.delivery.person)
        channel = self.channels.get(attempt.delivery.channel)
        if person is None or channel is None:
            raise Invalid("channel.gone", "The person or the channel is no longer set up.")
        return channel.send(self._masked(attempt.message), person)

    def _masked(self, message: Message) -> Message:
        return replace(
            message,
            subject=self.known.mask(message.subject),
            text=self.known.mask(message.text),
            facts=self.known.mask(message.facts),
        )

    def run(self, step_run_id: StepRunId) -> None:
        """Run one step run that is ready, and record how it ended."""
        stop = Stop()
        if self.hands.setdefault(step_run_id, stop) is not stop:
            return
        try:
            self._run(step_run_id, stop)
        finally:
            del self.hands[step_run_id]

    def stop(self, wanted: Callable[[StepRunId], bool], because: str) -> int:
        """End what is being run just now and is wanted to end; return how many that were.

        Args:
            wanted: Which step runs to end.
            because: Who ended them and when, as one sentence without its full stop.
        """
        stops = [stop for step_run_id, stop in list(self.hands.items()) if wanted(step_run_id)]
        for stop in stops:
            stop.set(because)
        return len(stops)

    def _run(self, step_run_id: StepRunId, stop: Stop) -> None:
        with self.app.store.begin() as tx:
            started = advance.start(
                tx, self.app.grounds, step_run_id, node=self.node, now=self._now()
            )
            service_name = tx.incidents.get(started.incident_id).service if started else ""
        if started is None:
            return
        ran = self._perform(started, service_name, stop)
        settle(ran, lambda ran: self._finish(started, ran))

    def _finish(self, started: StepRun, ran: Ran) -> None:
        with self.app.store.begin() as tx:
            if ran.rest:
                tx.step_runs.append_output(started.id, started.attempt, ran.rest)
            ended = advance.finish(tx, started.id, started.attempt, ran.outcome, now=self._now())
            if ended is not None:
                recover.after_run(tx, ended, now=self._now())

    def _perform(self, step_run: StepRun, service_name: str, stop: Stop) -> Ran:
        try:
            execution = self._execution(step_run, service_name, stop)
            executor = self._executor(execution)
        except Problem as problem:
            said = self.known.redact(problem.message)
            return Ran(outcome=Outcome(exit_status=None, said=f"not run: {said}"))

        def run_on(host: str) -> Ran:
            return self._run_on(step_run, replace(execution, host=host), executor)

        if not execution.command.hosts:
            return run_on("")
        everywhere = Round(
            store=self.app.store, now=self.app.now, step_run=step_run, run_on=run_on, stop=stop
        )
        return Ran(outcome=everywhere.go())

    def _run_on(self, step_run: StepRun, execution: Execution, executor: Executor) -> Ran:
        if because := execution.stop.because:  # what it needs may have taken long to fetch
            return Ran(outcome=Outcome(exit_status=None, said=f"not run: {because}."))

        def keep(text: str) -> None:
            with self.app.store.begin() as tx:
                tx.step_runs.append_output(step_run.id, step_run.attempt, text, host=execution.host)

        gathering = Gathering(self.known.values(), keep)
        try:
            outcome = executor.run(execution, gathering.take)
            outcome = replace(outcome, said=self.known.redact(outcome.said))
        except Exception:  # the edge: whatever went wrong, the outcome is not known
            log.exception("step run %s went wrong", step_run.id)
            outcome = Outcome(exit_status=None, said="the executor went wrong", lost=True)
        return Ran(outcome=outcome, rest=gathering.rest())

    def _execution(self, step_run: StepRun, service_name: str, stop: Stop) -> Execution:
        service = self.app.workspace.service(service_name)
        command = step_run.command
        if service is None or command is None:
            raise NotFound("service", f"The service {service_name} is no longer set up.")
        secrets = {name: self._value(name) for name in service.secrets}
        target = self._target(command.target)
        read_only = self._confined(step_run, target)
        bash = command.language is Language.BASH
        hidden = target.login(read_only=read_only).secret
        if hidden:
            self._value(hidden)
        return Execution(
            command=command,
            target=target,
            environment={**service.environment, **secrets, **in_environment(command.parameters)},
            read_only=read_only,
            programs=programs_in(command.text) if bash else frozenset(),
            stop=stop,
        )

    def _value(self, name: str) -> str:
        """Return a secret's value, which is known from then on."""
        value = self.secret(name)
        self.known.add(value)
        return value

    def _confined(self, step_run: StepRun, target: Target) -> bool:
        """Whether it only looks, and is held to that: in a sandbox, or by the store itself."""
        if target.kind in STORES or target.kind is TargetKind.SQLITE:
            return step_run.risk in (Risk.READ, Risk.SECRET)
        return not step_run.changes and not unconfined(target, self.app.sandbox_missing)

    def _executor(self, execution: Execution) -> Executor:
        language, kind = execution.command.language, execution.target.kind
        executor = self.executors.get((language, kind))
        if executor is None:
            raise NotFound("executor", f"Nothing runs {language} on targets that are {kind}.")
        return executor

    def _target(self, name: str) -> Target:
        if name == DIRECT:
            return Target(name=DIRECT, kind=TargetKind.LOCAL)
        target = self.app.workspace.target(name)
        if target is None:
            raise NotFound("target", f"The target {name} is no longer set up.")
        return target

    def recover(self, incident_id: IncidentId) -> None:
        """Begin a watch, or look whether it has been quiet long enough."""
        with self.app.store.begin() as tx:
            watch = recover.due(tx, incident_id, now=self._now())
        if watch is None:
            return
        conditions = look_at_all(self.conditions, watch.alerts)
        with self.app.store.begin() as tx:
            recover.record(tx, incident_id, conditions, now=self._now())
