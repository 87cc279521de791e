"""Runs one step run on each of its hosts: a change one after the other, looks side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from tocsin.core.run import HostRun, Outcome, RunState, StepRun
from tocsin.ports.executors import Stop
from tocsin.ports.store import Store
from tocsin.running import spread
from tocsin.worker.gathering import Ran, settle

_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One attempt at a step run on several hosts."""

    store: Store
    now: Callable[[], datetime]
    step_run: StepRun  # as it was started
    run_on: Callable[[str], Ran]  # runs it on one host
    stop: Stop

    def go(self) -> Outcome:
        """Run it wherever it should run, and return how it ended on the whole."""
        command = self.step_run.command
        hosts = command.hosts if command else ()
        if self.step_run.changes:
            self._one_by_one(hosts)
        else:
            with ThreadPoolExecutor(_AT_ONCE) as threads:
                list(threads.map(self._on, hosts))
        with self.store.look() as tx:
            return spread.outcome(tx, self.step_run)

    def _one_by_one(self, hosts: tuple[str, ...]) -> None:
        why = ""
        for host in hosts:
            why = why or self.stop.because
            if why:
                self._leave_out(host, why)
                continue
            ended = self._on(host)
            if ended is None or ended.state is not RunState.SUCCEEDED:
                why = f"it did not succeed on {host}"

    def _on(self, host: str) -> HostRun | None:
        """Run it on one host; return how it ended there, None if it had been started before."""
        with self.store.begin() as tx:
            begun = spread.begin(tx, self.step_run, host, now=self.now())
        if begun is None:
            return None
        ended: list[HostRun] = []
        settle(self.run_on(host), lambda ran: ended.append(self._end(begun, ran)))
        return ended[-1]

    def _end(self, begun: HostRun, ran: Ran) -> HostRun:
        with self.store.begin() as tx:
            if ran.rest:
                step_run = self.step_run
                tx.step_runs.append_output(step_run.id, step_run.attempt, ran.rest, host=begun.host)
            return spread.end(tx, self.step_run, begun, ran.outcome, now=self.now())

    def _leave_out(self, host: str, why: str) -> None:
        with self.store.begin() as tx:
            spread.leave_out(tx, self.step_run, host, why)
