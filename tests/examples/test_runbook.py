"""Our own runbook has to read as well as we ask of everybody else's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.core.risk import Risk
from tocsin.core.runbook import Phase, Playbook, Runbook
from tocsin.reading.runbook import read_runbook
from tocsin.running.risk import judge

FILE = Path(__file__).resolve().parents[2] / "examples" / "jobs" / "runbook.md"


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return read_runbook("runbook.md", FILE.read_bytes())


@pytest.fixture(scope="module")
def worker_down(runbook: Runbook) -> Playbook:
    return runbook.playbooks[0]


def test_it_reads_without_findings(runbook: Runbook) -> None:
    """A finding in the example would teach people to overlook findings."""
    assert runbook.findings == ()
    assert all(block.label for block in runbook.blocks if block.statements)


def test_each_playbook_is_bound_by_its_alert_at_its_severity(runbook: Runbook) -> None:
    """The binding is the first thing that must not go wrong."""
    assert [(each.heading, each.alerts, each.severity) for each in runbook.playbooks] == [
        ("Job worker down", ("JobWorkerDown",), "P0"),
        ("Queue backlog", ("JobQueueBacklog",), "P1"),
        ("Disk almost full", ("JobDiskLow",), "P2"),
    ]


def test_each_threshold_is_understood(runbook: Runbook) -> None:
    """A threshold that is misread would be shown to somebody as a fact."""
    found = [each for playbook in runbook.playbooks for each in playbook.thresholds]

    assert [(each.comparator, each.value, each.lasting) for each in found] == [
        ("==", "failing", timedelta(seconds=2)),
        (">", 30.0, timedelta(minutes=5)),
        ("<", 10.0, timedelta(minutes=10)),
    ]


def test_severities_have_response_times(runbook: Runbook) -> None:
    """They are the clocks of the escalation."""
    assert [(each.id, each.respond_within) for each in runbook.severities] == [
        ("P0", timedelta(minutes=5)),
        ("P1", timedelta(minutes=15)),
        ("P2", timedelta(hours=4)),
        ("P3", timedelta(days=3)),
    ]


def test_process_contacts_template_and_checklist_are_there(runbook: Runbook) -> None:
    """The example shows every part that a runbook may have."""
    assert [each.title for each in runbook.process][:2] == ["Acknowledge", "Assess"]
    assert [each.role for each in runbook.contacts] == ["On-call engineer", "Engineering lead"]
    assert "severity" in runbook.templates[0].placeholders
    assert len(runbook.postmortem) == 6


def test_all_looking_runs_unattended_and_one_statement_changes(worker_down: Playbook) -> None:
    """The demo shows five looks at once and one change that waits."""
    judged = [
        (step.phase, judge(statement))
        for step in worker_down.steps
        for statement in step.statements
    ]
    looks = [verdict for phase, verdict in judged if phase is Phase.INVESTIGATE]
    checks = [verdict for phase, verdict in judged if phase is Phase.VERIFY]
    changes = [verdict for phase, verdict in judged if phase is Phase.MITIGATE]

    assert [verdict.auto for verdict in looks] == [True] * 5
    assert [verdict.auto for verdict in checks] == [True] * 3
    assert [(verdict.risk, verdict.auto) for verdict in changes] == [(Risk.CHANGE, False)]


def test_no_playbook_has_a_look_that_needs_approval(runbook: Runbook) -> None:
    """Whatever our runbook calls looking has to be read-only beyond doubt."""
    waiting = [
        statement.text
        for playbook in runbook.playbooks
        for step in playbook.steps
        if step.phase in (Phase.INVESTIGATE, Phase.VERIFY)
        for statement in step.statements
        if not judge(statement).auto
    ]

    assert waiting == []
