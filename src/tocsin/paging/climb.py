"""Which ladder an incident climbs: the team's policy, with the runbook's own clocks in it."""

from __future__ import annotations

from datetime import timedelta

from tocsin.core.escalation import Ladder, Rung, ladder, with_rung
from tocsin.core.incident import Incident
from tocsin.core.runbook import EscalationRule, Runbook
from tocsin.core.workspace import Policy, Workspace

RUNBOOK_RUNGS = 100
"""Rungs with this number or above come from the runbook, not from the policy."""


def ladder_of(workspace: Workspace, runbook: Runbook | None, incident: Incident) -> Ladder | None:
    """Return the ladder, or None where nobody can be paged for the service at all."""
    policy = _policy(workspace, incident)
    if policy is None:
        return None
    level = runbook.severity(incident.severity) if runbook else None
    within = level.respond_within if level else None
    reason = f"{runbook.file}:{level.line}" if runbook and level and within else ""
    climbing = ladder(policy, respond_within=within, reason=reason)
    for number, rule in enumerate(_timed_rules(runbook, incident), start=RUNBOOK_RUNGS):
        climbing = with_rung(climbing, _rung(workspace, runbook, rule, number))
    return climbing


def _policy(workspace: Workspace, incident: Incident) -> Policy | None:
    service = workspace.service(incident.service)
    if service is None:
        return workspace.policies[0] if workspace.policies else None
    return workspace.policy(service.policy)


def _timed_rules(runbook: Runbook | None, incident: Incident) -> list[EscalationRule]:
    """Return the rules with a time of their own that hold for this incident."""
    if runbook is None or incident.binding is None:
        return []
    playbook = runbook.playbook(incident.binding.anchor)
    rules = playbook.escalations if playbook else ()
    timed = [rule for rule in rules if rule.after and rule.after > timedelta()]
    return [rule for rule in timed if rule.severity in (None, incident.severity)]


def _rung(workspace: Workspace, runbook: Runbook | None, rule: EscalationRule, number: int) -> Rung:
    where = f"{runbook.file}:{rule.line}" if runbook else ""
    people = [person.name for person in workspace.people if _answers(person.roles, rule.targets)]
    return Rung(
        after=rule.after or timedelta(),
        people=tuple(people),
        number=number,
        reason=f"{', '.join(rule.targets) or rule.text} ({where})",
        although_acknowledged=True,
    )


def _answers(roles: tuple[str, ...], targets: tuple[str, ...]) -> bool:
    wanted = [target.casefold() for target in targets]
    return any(role.casefold() in target for role in roles for target in wanted)
