"""Which ladder an incident climbs: the team's policy, with the runbook's own clocks in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from tocsin.core.escalation import Ladder, Rung, ladder, with_rung
from tocsin.core.incident import Incident
from tocsin.core.runbook import EscalationRule, Runbook
from tocsin.core.workspace import Policy, Workspace

_ON_CALL = re.compile(r"\bon[- ]?call\b")

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
    line = level.line if level and within else None
    climbing = ladder(policy, respond_within=within, reason=reason, line=line)
    if runbook is not None:
        for rung in _own_rungs(workspace, policy, runbook, incident):
            climbing = with_rung(climbing, rung)
    return climbing


def conditions_of(runbook: Runbook | None, incident: Incident) -> str:
    """Return what the runbook wants done on conditions that are no time; empty if nothing."""
    if runbook is None:
        return ""
    rules = [rule for rule in _rules_of(runbook, incident) if rule.after is None]
    said = "; ".join(f"{rule.text}, {runbook.file}:{rule.line}" for rule in rules)
    return f"the runbook says: {said}" if said else ""


def _policy(workspace: Workspace, incident: Incident) -> Policy | None:
    service = workspace.service(incident.service)
    if service is None:
        return workspace.policies[0] if workspace.policies else None
    return workspace.policy(service.policy)


def _own_rungs(
    workspace: Workspace, policy: Policy, runbook: Runbook, incident: Incident
) -> list[Rung]:
    """Return the rungs of the runbook's own clocks; at once, nobody is paged twice."""
    rungs: list[Rung] = []
    paged = set(policy.levels[0].people)
    timed = [rule for rule in _rules_of(runbook, incident) if rule.after is not None]
    for number, rule in enumerate(timed, start=RUNBOOK_RUNGS):
        for rung in _rungs(workspace, policy, runbook, rule, number):
            if rung.after:
                rungs.append(rung)
                continue
            new = tuple(name for name in rung.people if name not in paged)
            paged.update(new)
            if new or not rung.people:
                rungs.append(replace(rung, people=new))
    return rungs


def _rules_of(runbook: Runbook, incident: Incident) -> tuple[EscalationRule, ...]:
    playbook = runbook.playbook(incident.binding.anchor) if incident.binding else None
    return runbook.rules_for(playbook, incident.severity)


def _rungs(
    workspace: Workspace, policy: Policy, runbook: Runbook, rule: EscalationRule, number: int
) -> list[Rung]:
    """Return one rung for the people a rule names, and one that tells of those nobody is."""
    where = f"{runbook.file}:{rule.line}"
    answering = {target: people_of(workspace, policy, target) for target in rule.targets}
    people = dict.fromkeys(name for names in answering.values() for name in names)
    missing = ", ".join(target for target, names in answering.items() if not names)
    rung = Rung(
        after=rule.after or timedelta(),
        people=tuple(people),
        number=number,
        reason=f"{', '.join(rule.targets)} ({where})",
        line=rule.line,
        although_acknowledged=True,
    )
    nobody = f"the runbook says to tell {missing} ({where}); nobody in tocsin.toml has that role"
    told = nobody if missing else f"the runbook says: {rule.text}, {where}"
    prompt = replace(rung, people=(), reason=told)
    return ([rung] if people else []) + ([prompt] if missing or not people else [])


def people_of(workspace: Workspace, policy: Policy, target: str) -> tuple[str, ...]:
    """Return who answers to a role as the document writes it; on call is the first level."""
    wanted = target.casefold()
    if _ON_CALL.search(wanted):
        return policy.levels[0].people
    return tuple(person.name for person in workspace.people if _answers(person.roles, wanted))


def _answers(roles: tuple[str, ...], wanted: str) -> bool:
    """Return whether one of the roles is in there as whole words."""
    return any(
        role.strip() and re.search(rf"(?<!\w){re.escape(role.strip().casefold())}(?!\w)", wanted)
        for role in roles
    )
