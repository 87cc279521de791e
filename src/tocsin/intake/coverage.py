"""Which alerts have a playbook, what fires them, and which playbooks nothing leads to.

Bound is by the very rules that bind an alert on duty (`choose`), so that what is covered here is
covered at night. Drills do not leave a record yet: nothing counts as rehearsed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.core.runbook import Runbook
from tocsin.core.workspace import Check, Workspace
from tocsin.intake.choose import Candidate, Choice, choose
from tocsin.reading.alert_rules import AlertRule, RuleFile


class Gap(StrEnum):
    """What is missing."""

    PLAYBOOK = "no playbook"  # an alert fires, and nobody knows what to do
    AMBIGUOUS = "several playbooks"  # a person would have to choose at night
    CHECK = "nothing fires it"  # neither a rule that was given nor a check of ours
    ALERT = "no alert"  # a playbook that nothing leads to
    DRILL = "never rehearsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """Something that fires an alert."""

    name: str  # of the alert
    where: str  # `shop.rules.yml:12`, or `check front page`
    choice: Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One alert with its playbooks, or one playbook without an alert."""

    alert: str  # empty for a playbook that no alert leads to
    candidates: tuple[Candidate, ...]
    fired_by: tuple[str, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The whole table: alerts by name, then playbooks that nothing leads to."""

    rows: tuple[Row, ...]
    knows_firing: bool  # False: there was neither a rule nor a check to look at

    def count(self, gap: Gap) -> int:
        """Return how many rows have this gap."""
        return sum(gap in row.gaps for row in self.rows)


def coverage_of(
    workspace: Workspace, runbooks: Sequence[Runbook], rule_files: Sequence[RuleFile]
) -> Coverage:
    """Return what is covered by these runbooks, rules and the workspace's checks."""
    documents = list(runbooks)
    fired = [
        *(_by_rule(workspace, documents, each, rule) for each in rule_files for rule in each.rules),
        *(_by_check(workspace, documents, check) for check in workspace.checks),
    ]
    knows_firing = bool(fired)
    written = {alert for candidate in _all(documents) for alert in candidate.playbook.alerts}
    names = {each.name for each in fired} | written
    rows = [
        _row(
            name, [each for each in fired if each.name == name], documents, workspace, knows_firing
        )
        for name in sorted(names)
    ]
    led_to = {id(candidate.playbook) for row in rows for candidate in row.candidates}
    lonely = [
        Row(alert="", candidates=(candidate,), fired_by=(), gaps=(Gap.ALERT, Gap.DRILL))
        for candidate in _all(documents)
        if id(candidate.playbook) not in led_to
    ]
    return Coverage(rows=(*rows, *lonely), knows_firing=knows_firing)


def _by_rule(
    workspace: Workspace, runbooks: list[Runbook], file: RuleFile, rule: AlertRule
) -> Firing:
    labels = {**rule.labels, "alertname": rule.alert}
    choice = choose(workspace, runbooks, None, "", labels, rule.annotations)
    return Firing(name=rule.alert, where=f"{file.file}:{rule.line}", choice=choice)


def _by_check(workspace: Workspace, runbooks: list[Runbook], check: Check) -> Firing:
    labels = {**check.labels, "alertname": check.alert}
    choice = choose(workspace, runbooks, None, "", labels, {})
    return Firing(name=check.alert, where=f"check {check.name}", choice=choice)


def _row(
    name: str,
    fired: Sequence[Firing],
    runbooks: list[Runbook],
    workspace: Workspace,
    knows_firing: bool,
) -> Row:
    """Return the row of an alert; one that nothing fires is bound by its name alone."""
    choices = [each.choice for each in fired] or [
        choose(workspace, runbooks, None, "", {"alertname": name}, {})
    ]
    found = {id(each.playbook): each for choice in choices for each in choice.candidates}
    gaps = []
    if any(not choice.candidates for choice in choices):
        gaps.append(Gap.PLAYBOOK)
    if any(len(choice.candidates) > 1 for choice in choices):
        gaps.append(Gap.AMBIGUOUS)
    if not fired and knows_firing:
        gaps.append(Gap.CHECK)
    return Row(
        alert=name,
        candidates=tuple(found.values()),
        fired_by=tuple(each.where for each in fired),
        gaps=(*gaps, Gap.DRILL),
    )


def _all(runbooks: Sequence[Runbook]) -> Iterator[Candidate]:
    for runbook in runbooks:
        for playbook in runbook.playbooks:
            yield Candidate(runbook=runbook, playbook=playbook, because="")
