"""What the product would do with a playbook: asked of its own stages, as `serve` asks them.

With a workspace its people, policies, targets and clocks are used. Without one the statements
are judged as if every kind of target were there, and nobody is paged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tocsin.core.approval import LASTS
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Binding, Incident
from tocsin.core.runbook import Playbook, Runbook
from tocsin.core.workspace import Service, Target, TargetKind, Workspace
from tocsin.incidents.recover import DOUBT, LOOK_AGAIN
from tocsin.paging.climb import ladder_of, people_of
from tocsin.reading.plan.duty import OnDuty
from tocsin.running.plan import Setting, plan

_NEVER = datetime.min.replace(tzinfo=UTC)  # nothing about a plan depends on the time of day


def duty_without(runbook: Runbook, playbook: Playbook, why: str) -> OnDuty:
    """Return what would happen while no workspace says who and where; `why` says why."""
    targets = tuple(Target(name=kind.value, kind=kind) for kind in TargetKind)
    service = Service(name="", policy="", targets=tuple(target.name for target in targets))
    nowhere = Workspace(
        directory="", data_directory="", database="", services=(service,), targets=targets
    )
    return replace(_duty(nowhere, service, runbook, playbook), remark=why)


def duty_of(workspace: Workspace, service: Service, runbook: Runbook, playbook: Playbook) -> OnDuty:
    """Return what would happen for a service of the workspace."""
    duty = _duty(workspace, service, runbook, playbook)
    policy = workspace.policy(service.policy)
    targets = {target for rule in runbook.escalations for target in rule.targets}
    return replace(
        duty,
        service=service.name,
        ladder=ladder_of(workspace, runbook, _incident(service, runbook, playbook)),
        reach={person.name: ", ".join(person.channels) for person in workspace.people},
        roles={each: people_of(workspace, policy, each) for each in targets} if policy else {},
        condition=_condition(workspace, service, playbook),
    )


def _duty(workspace: Workspace, service: Service, runbook: Runbook, playbook: Playbook) -> OnDuty:
    setting = Setting(workspace=workspace, service=service, runbook=runbook)
    return OnDuty(
        step_runs=tuple(plan(setting, playbook, IncidentId(0))),
        soak=service.soak,
        look_again=LOOK_AGAIN,
        doubt=DOUBT,
        approval_lasts=LASTS,
    )


def _incident(service: Service, runbook: Runbook, playbook: Playbook) -> Incident:
    """Return the incident as it would be opened."""
    return Incident(
        id=IncidentId(0),
        title="",
        service=service.name,
        severity=playbook.severity,
        binding=Binding(
            file=runbook.file,
            anchor=playbook.anchor,
            heading=playbook.heading,
            line=playbook.line,
            runbook_sha256=runbook.sha256,
        ),
        opened_at=_NEVER,
        triggered_at=_NEVER,
    )


def _condition(workspace: Workspace, service: Service, playbook: Playbook) -> str:
    """Return where the alert's own condition is looked at again."""
    checks = [check.name for check in workspace.checks if check.alert in playbook.alerts]
    if checks:
        return f"the check {', '.join(checks)}"
    prometheus = workspace.target_of(service, TargetKind.PROMETHEUS)
    return f"Prometheus ({prometheus.name})" if prometheus else "what sent the alert"


def service_with(workspace: Workspace, file: Path) -> Service | None:
    """Return the first service that has this runbook, or None."""
    return next((each for each in workspace.services if _has(workspace, each, file)), None)


def _has(workspace: Workspace, service: Service, file: Path) -> bool:
    paths: Iterable[Path] = (Path(workspace.directory) / name for name in service.runbooks)
    return file.resolve() in [path.resolve() for path in paths]
