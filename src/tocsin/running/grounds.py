"""What decisions about steps stand on: runbooks, workspace and key, as they are at this moment.

Rows only remember what was planned. Whatever runs is planned again from here, and has to come
out the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tocsin.core.approval import Second, Terms
from tocsin.core.incident import Binding, Incident
from tocsin.core.place import unconfined
from tocsin.core.run import StepRun
from tocsin.core.runbook import Playbook, Statement, Step
from tocsin.core.workspace import Workspace
from tocsin.ports.runbooks import Runbooks
from tocsin.running.plan import Setting, plan_again

GONE = "gone"
"""Stands for the hash of a document that no longer holds the statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """The world outside the rows."""

    workspace: Workspace
    runbooks: Runbooks
    key: bytes  # seals approvals
    sandbox_missing: str = ""  # why nothing runs unattended; empty where it does

    def confines(self, step_run: StepRun) -> bool:
        """Whether it would be held to looking where it runs, if it only looks."""
        command = step_run.command
        target = self.workspace.target(command.target) if command else None
        return not unconfined(target, self.sandbox_missing)

    def second(self, incident: Incident) -> Second:
        """Return what `destroy` needs in this incident beside one person's approval."""
        service = self.workspace.service(incident.service)
        own = service.destroy if service else None
        return own or self.workspace.approvals.destroy

    def terms(self, incident: Incident, step_run: StepRun, *, repeats: str) -> Terms:
        """Return what holds for a step run of this incident."""
        return Terms(
            key=self.key,
            second=self.second(incident),
            repeats=repeats,
            confined=self.confines(step_run),
        )

    def setting(self, incident: Incident) -> Setting | None:
        """Return where the incident's run takes place; None where that is gone."""
        service = self.workspace.service(incident.service)
        runbook = self.runbooks.get(incident.binding.file) if incident.binding else None
        if service is None or runbook is None:
            return None
        return Setting(
            workspace=self.workspace,
            service=service,
            runbook=runbook,
            sandbox_missing=self.sandbox_missing,
        )

    def as_it_is_now(self, incident: Incident, step_run: StepRun) -> StepRun:
        """Return a step run as it would be planned now, so that it can be looked at again.

        Nothing of what it was planned as is trusted but which statement it is, and the values
        of its parameters. One whose statement is gone keeps a hash that no document has.
        """
        setting = self.setting(incident)
        found = _statement_of(setting, incident.binding, step_run) if setting else None
        if setting is None or found is None:
            return _gone(step_run)
        return plan_again(setting, *found, step_run)


def _gone(step_run: StepRun) -> StepRun:
    if step_run.command is None:
        return step_run
    return replace(step_run, command=replace(step_run.command, runbook_sha256=GONE))


def _statement_of(
    setting: Setting, binding: Binding | None, step_run: StepRun
) -> tuple[Step, Statement] | None:
    """Return the statement a step run came from: where it stood, else wherever it stands now."""
    playbook = setting.runbook.playbook(binding.anchor) if binding else None
    same = [
        (step, statement)
        for step, statement in _statements(playbook)
        if statement.text == step_run.text
    ]
    in_place = [each for each in same if each[1].start == step_run.start]
    return next(iter(in_place or same), None)


def _statements(playbook: Playbook | None) -> Iterator[tuple[Step, Statement]]:
    for step in playbook.steps if playbook else ():
        for statement in step.statements:
            yield step, statement
