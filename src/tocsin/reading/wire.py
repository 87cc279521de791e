"""A runbook as the JSON that `tocsin read --json` prints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tocsin.core.risk import Verdict, worst
from tocsin.core.runbook import Block, Passage, Playbook, Runbook, Statement, Threshold

Judge = Callable[[Statement], Verdict]


def as_truth(runbook: Runbook, judge: Judge) -> dict[str, object]:
    """Return the document with every fact and its line; `judge` says what statements may do."""
    return {
        "file": runbook.file,
        "sha256": runbook.sha256,
        "title": runbook.title,
        "severities": [
            {
                "id": level.id,
                "line": level.line,
                "response_s": _seconds(level.respond_within),
                "rank": level.rank,
            }
            for level in runbook.severities
        ],
        "phases": [
            {"title": phase.title, "line": phase.line, "budget_s": _seconds(phase.budget)}
            for phase in runbook.process
        ],
        "playbooks": [_playbook(playbook) for playbook in runbook.playbooks],
        **_people(runbook),
        "postmortem": list(runbook.postmortem),
        "understood": {
            "lines": runbook.lines,
            "understood": runbook.understood,
            "prose": [_passage(passage) for passage in runbook.prose],
        },
        "blocks": [_block(block, judge) for block in runbook.blocks],
        "findings": [
            {"code": finding.code, "line": finding.line, "message": finding.message}
            for finding in runbook.findings
        ],
    }


def _people(runbook: Runbook) -> dict[str, object]:
    return {
        "escalations": [
            {
                "line": rule.line,
                "after_s": _seconds(rule.after),
                "targets": list(rule.targets),
                "severity": rule.severity,
                "text": rule.text,
            }
            for rule in runbook.escalations
        ],
        "contacts": [
            {
                "role": contact.role,
                "line": contact.line,
                "reach": contact.reach,
                "placeholder": contact.placeholder,
            }
            for contact in runbook.contacts
        ],
        "templates": [
            {
                "name": template.name,
                "line": template.line,
                "placeholders": len(template.placeholders),
                "text": template.text,
            }
            for template in runbook.templates
        ],
    }


def _playbook(playbook: Playbook) -> dict[str, object]:
    return {
        "heading": playbook.heading,
        "line": playbook.line,
        "anchor": playbook.anchor,
        "severity": playbook.severity,
        "severity_line": playbook.severity_line,
        "alerts": list(playbook.alerts),
        "thresholds": [_threshold(threshold) for threshold in playbook.thresholds],
        "symptoms": list(playbook.symptoms),
        "steps": [
            {
                "title": step.title,
                "line": step.line,
                "phase": step.phase.value,
                "condition": step.condition,
                "alternative": step.alternative,
            }
            for step in playbook.steps
        ],
        "soak_s": _seconds(playbook.soak),
        "notes": [_passage(passage) for passage in playbook.notes],
    }


def _passage(passage: Passage) -> dict[str, object]:
    return {
        "start": passage.start,
        "end": passage.end,
        "section": passage.section or None,
        "text": passage.text,
    }


def _threshold(threshold: Threshold) -> dict[str, object]:
    value = threshold.value
    return {
        "line": threshold.line,
        "metric": threshold.metric,
        "comparator": threshold.comparator,
        "value": list(value) if isinstance(value, tuple) else value,
        "unit": threshold.unit,
        "for_s": _seconds(threshold.lasting),
    }


def _block(block: Block, judge: Judge) -> dict[str, object]:
    verdicts = [judge(statement) for statement in block.statements]
    return {
        "start": block.start,
        "end": block.end,
        "lang": block.label,
        "playbook": block.playbook_line,
        "step": block.step_line,
        "risk": worst([verdict.risk for verdict in verdicts]).value,
        "statements": [
            _statement(statement, verdict)
            for statement, verdict in zip(block.statements, verdicts, strict=True)
        ],
    }


def _statement(statement: Statement, verdict: Verdict) -> dict[str, object]:
    return {
        "start": statement.start,
        "end": statement.end,
        "lang": statement.language.value,
        "text": statement.text,
        "label": statement.label,
        "alternative": statement.alternative,
        "where": statement.where.value,
        "risk": verdict.risk.value,
        "auto": verdict.auto,
        "rewrite": verdict.rewrite,
        "why": list(verdict.why),
    }


def _seconds(length: timedelta | None) -> int | float | None:
    if length is None:
        return None
    seconds = length.total_seconds()
    return int(seconds) if seconds == int(seconds) else seconds
