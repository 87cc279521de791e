"""Which service and which playbook an alert belongs to, with the reason in words.

By the alert's `runbook_url` if its anchor leads to a playbook; else by the alert's name as the
runbooks write it. Several playbooks that name the alert are told apart by the severity label
and by the threshold; if that does not decide, the incident shows all of them and asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from tocsin.core.incident import Binding
from tocsin.core.matchers import all_hold
from tocsin.core.runbook import Playbook, Runbook, Threshold
from tocsin.core.workspace import Service, Workspace

_RANKS = {
    "critical": 0, "emergency": 0, "page": 0, "disaster": 0, "fatal": 0,
    "high": 1, "error": 1, "major": 1,
    "warning": 2, "warn": 2, "medium": 2, "minor": 2,
    "low": 3, "info": 3, "informational": 3, "notice": 3,
}  # fmt: skip
UNRANKED = 99
_LONGEST_SEVERITY = 40  # characters of a label that stands in for a runbook's own level


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One playbook that may be meant."""

    runbook: Runbook
    playbook: Playbook
    because: str

    @property
    def binding(self) -> Binding:
        """What an incident stores of it."""
        return Binding(
            file=self.runbook.file,
            anchor=self.playbook.anchor,
            heading=self.playbook.heading,
            line=self.playbook.line,
            runbook_sha256=self.runbook.sha256,
        )

    @property
    def rank(self) -> int:
        """How bad its severity is in its own document: 0 is the worst."""
        level = self.runbook.severity(self.playbook.severity)
        return level.rank if level else UNRANKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was decided, and why."""

    service: str
    chosen: Candidate | None
    candidates: tuple[Candidate, ...]  # more than one: a person must choose
    severity: str | None
    severity_rank: int
    reason: str


def service_of(workspace: Workspace, labels: Mapping[str, str]) -> tuple[Service | None, str]:
    """Return the first service whose matchers all hold, and why; pages fail open.

    An alert that nobody claims goes to the first service rather than to nobody.
    """
    for service in workspace.services:
        if all_hold(service.match, labels):
            matchers = ", ".join(str(matcher) for matcher in service.match) or "takes every alert"
            return service, f"service {service.name} ({matchers})"
    if not workspace.services:
        return None, "no service is set up"
    first = workspace.services[0]
    return first, f"no service matches; {first.name} is the first and takes it"


def choose(
    workspace: Workspace,
    runbooks: list[Runbook],
    service: Service | None,
    why_service: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
) -> Choice:
    """Return which playbook an alert is bound to, or from which a person must choose."""
    candidates = _linked(runbooks, annotations) or _named(runbooks, labels.get("alertname", ""))
    if len(candidates) > 1:
        candidates = _narrowed(candidates, labels, annotations)
    chosen = candidates[0] if len(candidates) == 1 else None
    severity = chosen.playbook.severity if chosen else None
    own = labels.get("severity", "")
    rank = chosen.rank if chosen and severity else _RANKS.get(own.casefold(), UNRANKED)
    return Choice(
        service=service.name if service else "",
        chosen=chosen,
        candidates=tuple(candidates),
        severity=severity or own[:_LONGEST_SEVERITY] or None,
        severity_rank=rank,
        reason=f"{_reason(candidates, runbooks)}; {why_service}",
    )


def _reason(candidates: list[Candidate], runbooks: list[Runbook]) -> str:
    if len(candidates) == 1:
        return candidates[0].because
    if candidates:
        where = ", ".join(f"{each.runbook.file}:{each.playbook.line}" for each in candidates)
        return f"{len(candidates)} playbooks name this alert ({where}): choose one"
    if not runbooks:
        return "the service has no runbook that can be read: general process"
    return f"no playbook in {', '.join(each.file for each in runbooks)} names it: general process"


def _linked(runbooks: list[Runbook], annotations: Mapping[str, str]) -> list[Candidate]:
    url = annotations.get("runbook_url") or annotations.get("runbook") or ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    anchor = unquote(parts.fragment).casefold()
    if not anchor:
        return []
    named = parts.path.rsplit("/", 1)[-1]
    mine = [each for each in runbooks if named and each.file.endswith(named)] or runbooks
    found = [(each, playbook) for each in mine if (playbook := each.playbook(anchor))]
    return [_candidate(*each, f"runbook_url leads to #{anchor}") for each in found]


def _named(runbooks: list[Runbook], name: str) -> list[Candidate]:
    found: list[Candidate] = []
    for runbook in runbooks:
        for playbook in runbook.playbooks:
            if name and name in playbook.alerts:
                place = playbook.alerts.index(name)
                lines = playbook.alert_lines or (playbook.line,)
                line = lines[min(place, len(lines) - 1)]
                found.append(_candidate(runbook, playbook, f"named at {runbook.file}:{line}"))
    return found


def _candidate(runbook: Runbook, playbook: Playbook, how: str) -> Candidate:
    because = f"{playbook.heading} ({runbook.file}:{playbook.line}): alert {how}"
    return Candidate(runbook=runbook, playbook=playbook, because=because)


def _narrowed(
    candidates: list[Candidate], labels: Mapping[str, str], annotations: Mapping[str, str]
) -> list[Candidate]:
    told = labels.get("severity", "").casefold()
    by_severity = [each for each in candidates if told and _is_severity(each, told)]
    left = by_severity or candidates
    value = _number(annotations.get("value", "") or labels.get("value", ""))
    if len(left) > 1 and value is not None:
        left = [each for each in left if _in_threshold(each.playbook, value)] or left
    return left


def _is_severity(candidate: Candidate, told: str) -> bool:
    own = (candidate.playbook.severity or "").casefold()
    return told == own or _RANKS.get(told, -1) == candidate.rank


def _number(text: str) -> float | None:
    try:
        return float(text.strip().rstrip("%"))
    except ValueError:
        return None


def _in_threshold(playbook: Playbook, value: float) -> bool:
    return any(_holds(threshold, value) for threshold in playbook.thresholds)


def _holds(threshold: Threshold, value: float) -> bool:
    limit = threshold.value
    if isinstance(limit, tuple):
        return limit[0] <= value <= limit[1]
    if isinstance(limit, str):
        return False
    compared = {
        ">": value > limit,
        ">=": value >= limit,
        "<": value < limit,
        "<=": value <= limit,
        "==": value == limit,
    }
    return compared.get(threshold.comparator, False)
