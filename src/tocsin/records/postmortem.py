"""Draft a post-mortem from what happened: facts first, judgement left to people.

The draft is Markdown. Everything that came from outside (labels, outputs, notes) is fenced or
escaped, so that an alert text cannot become a heading, a link or an image in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.core.alert import Alert
from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.incident import Incident
from tocsin.core.run import RunState, StepRun
from tocsin.core.runbook import Phase
from tocsin.core.timeline import Entry
from tocsin.core.times import write_clock, write_duration, write_instant
from tocsin.core.visible import readable
from tocsin.ports.store import Draft, Tx

_LONGEST_OUTPUT = 4000  # characters per statement; the whole stays on the incident
_RAN = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.UNKNOWN})
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!~&$])|(:)(?=//)|(?<=www)(\.)")
_LISTED = re.compile(r"^([-+=])|^(\d{1,9})([.)])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything a post-mortem is drafted from."""

    incident: Incident
    alerts: list[Alert]
    step_runs: list[StepRun]
    outputs: Mapping[StepRunId, str]
    entries: list[Entry]


def draft(tx: Tx, incident_id: IncidentId, *, now: datetime) -> Draft:
    """Write the draft of a resolved incident, file it and return it."""
    story = Story(
        incident=tx.incidents.get(incident_id),
        alerts=tx.alerts.of_incident(incident_id),
        step_runs=tx.step_runs.of_incident(incident_id),
        outputs=tx.step_runs.outputs(incident_id),
        entries=tx.timeline.of_incident(incident_id),
    )
    drafted = Draft(incident_id=incident_id, at=now, text=write(story))
    tx.postmortems.put(drafted)
    return drafted


def write(story: Story) -> str:
    """Return the post-mortem as Markdown."""
    parts = (
        _header(story),
        _impact(story),
        _timeline(story.entries),
        _evidence(story),
        _changes(story),
        _action_items(story.step_runs),
    )
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def plain(text: str) -> str:
    """Return text from outside as one line of Markdown that means only itself."""
    escaped = _MARKUP.sub(r"\\\g<0>", " ".join(readable(text).split()))
    return _LISTED.sub(r"\g<2>\\\g<1>\g<3>", escaped)


def fenced(text: str) -> list[str]:
    """Return text from outside as a fence that it cannot close."""
    seen = readable(text)
    longest = max((len(run) for run in re.findall(r"`{3,}", seen)), default=2)
    fence = "`" * (longest + 1)
    return [f"{fence}text", *seen.rstrip("\n").split("\n"), fence]


def _header(story: Story) -> list[str]:
    incident = story.incident
    playbook = incident.binding
    followed = (
        f"{plain(playbook.heading)} ({plain(playbook.file)}:{playbook.line})"
        if playbook
        else "none"
    )
    times = [
        ("Opened", incident.opened_at),
        ("Acknowledged", incident.acknowledged_at),
        ("Mitigated", incident.mitigated_at),
        ("Resolved", incident.resolved_at),
    ]
    rows = [
        f"# Post-mortem: {plain(incident.title)}",
        "",
        "*A draft from the record. Complete the parts marked “…” and correct what is wrong.*",
        "",
        "| | |",
        "| --- | --- |",
        f"| Incident | #{incident.id} |",
        f"| Service | {plain(incident.service)} |",
        f"| Severity | {plain(incident.severity or 'none stated')} |",
        f"| Playbook | {followed} |",
        f"| Responder | {plain(incident.acknowledged_by) or 'nobody took it'} |",
    ]
    for what, at in times:
        rows.append(f"| {what} | {_moment(incident, at)} |")
    return rows


def _moment(incident: Incident, at: datetime | None) -> str:
    if at is None:
        return "never"
    after = at - incident.opened_at
    later = f", after {write_duration(after)}" if after > timedelta() else ""
    return f"{write_instant(at)}{later}"


def _impact(story: Story) -> list[str]:
    end = story.incident.mitigated_at or story.incident.resolved_at
    lasted = write_duration(end - story.incident.opened_at) if end else "unknown"
    alerts = [
        f"- {plain(alert.name)}: {alert.status}, firing since {plain(alert.starts_at)}"
        for alert in story.alerts
    ]
    return ["## Impact", "", f"Lasted {lasted} until it was mitigated. Who noticed what: …", ""] + (
        alerts or ["- no alert: a person opened it"]
    )


def _timeline(entries: list[Entry]) -> list[str]:
    rows = ["## Timeline (UTC)", "", "| time | who | what |", "| --- | --- | --- |"]
    days = {entry.at.date() for entry in entries}
    told = write_clock if len(days) < 2 else write_instant
    rows += [
        f"| {told(entry.at)} | {plain(entry.actor)} | {plain(entry.text)} |" for entry in entries
    ]
    newest = entries[-1].sha256 if entries else ""
    return [*rows, "", f"Chain of {len(entries)} entries, newest hash `{newest[:16]}`."]


def _evidence(story: Story) -> list[str]:
    parts = ["## Evidence"]
    for step_run in story.step_runs:
        if step_run.state not in _RAN or step_run.command is None:
            continue
        parts += ["", f"### {plain(step_run.step_title)} (line {step_run.start})", ""]
        parts += [*fenced(step_run.command.text), "", _ending(step_run), ""]
        parts += fenced(_shortened(story.outputs.get(step_run.id, "")) or "(no output)")
    return parts if len(parts) > 1 else [*parts, "", "Nothing was run."]


def _ending(step_run: StepRun) -> str:
    status = "" if step_run.exit_status is None else f", exit status {step_run.exit_status}"
    said = f": {plain(step_run.said)}" if step_run.said else ""
    by = f", approved by {plain(step_run.by)}" if step_run.by else ""
    at = f" at {write_clock(step_run.started_at)}" if step_run.started_at else ""
    return f"{step_run.state}{at}{status}{by}{said}"


def _shortened(output: str) -> str:
    if len(output) <= _LONGEST_OUTPUT:
        return output
    half = _LONGEST_OUTPUT // 2
    left_out = len(output) - 2 * half
    return f"{output[:half]}\n… {left_out} characters left out …\n{output[-half:]}"


def _changes(story: Story) -> list[str]:
    rows = ["## What was done, and by whom", ""]
    done = [each for each in story.step_runs if each.by and each.state is not RunState.WAITING]
    broken = _broken_glass(story.entries)
    for each in done:
        what = each.command.text if each.command else each.step_title
        rows.append(f"- {plain(each.by)}: {each.state} — {plain(what)}{broken.get(each.id, '')}")
    return rows if done else [*rows, "Nothing was changed through Tocsin."]


def _broken_glass(entries: list[Entry]) -> dict[object, str]:
    """Return what is said of the step runs that were approved against a rule, by their numbers."""
    said: dict[object, str] = {}
    for entry in entries:
        approval = entry.facts.get("approval")
        if isinstance(approval, Mapping) and approval.get("broke_glass"):
            why = plain(str(approval.get("reason")))
            said[entry.facts.get("step_run")] = f" **(broke the glass: {why})**"
    return said


def _action_items(step_runs: list[StepRun]) -> list[str]:
    rows = ["## Root cause", "", "…", "", "## Action items", ""]
    for step_run in step_runs:
        if step_run.phase is not Phase.FOLLOW_UP:
            continue
        points = [line.strip(" -*\t") for line in step_run.text.splitlines() if line.strip()]
        rows += [f"- [ ] {plain(point)} (owner: …, due: …)" for point in points]
    return [*rows, "- [ ] … (owner: …, due: …)"]
