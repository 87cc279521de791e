"""A plan as the JSON that `tocsin plan --json` prints."""

from __future__ import annotations

from datetime import timedelta

from tocsin.reading.plan.compose import essence
from tocsin.reading.plan.entries import Entry, Plan, Run


def as_value(plan: Plan) -> dict[str, object]:
    """Return the plan as what JSON can hold; durations in seconds."""
    return {
        "file": plan.file,
        "sha256": plan.sha256,
        "playbook": {"heading": plan.heading, "line": plan.line, "anchor": plan.anchor},
        "alerts": list(plan.alerts),
        "severity": plan.severity,
        "severity_line": plan.severity_line,
        "service": plan.service or None,
        "essence": essence(plan),
        "remarks": list(plan.remarks),
        "entries": [_entry(entry) for entry in plan.entries],
    }


def _entry(entry: Entry) -> dict[str, object]:
    return {
        "chapter": entry.chapter.value,
        "kind": entry.kind.value,
        "by": entry.by.value,
        "at_s": _seconds(entry.at),
        "every_s": _seconds(entry.every),
        "until_s": _seconds(entry.until),
        "unless": entry.unless,
        "text": entry.text,
        "source": entry.source.value,
        "line": entry.line,
        "detail": list(entry.detail),
        "people": list(entry.people),
        "runs": [_run(run) for run in entry.runs],
    }


def _run(run: Run) -> dict[str, object]:
    return {
        "line": run.line,
        "state": run.state.value,
        "then": run.then,
        "language": run.language.value,
        "text": run.text,
        "written": run.written or run.text,
        "target": run.target or None,
        "label": run.label,
        "why": list(run.why),
        "alternative": run.alternative,
    }


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
