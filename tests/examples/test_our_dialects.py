"""What a person finds in our example documents, and the reader too."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.core.runbook import Phase, Playbook, Runbook
from tocsin.reading.runbook import read_runbook
from tocsin.running.risk import judge

DIALECTS = Path(__file__).resolve().parents[2] / "examples" / "dialects"
MINUTE = timedelta(minutes=1)


def book(name: str) -> Runbook:
    """Return one of the examples, read."""
    return read_runbook(name, (DIALECTS / name).read_bytes())


def facts(playbook: Playbook) -> tuple[object, ...]:
    """Return what decides who is woken, and how."""
    (threshold,) = playbook.thresholds
    return (
        playbook.alerts,
        playbook.severity,
        (threshold.metric, threshold.comparator, threshold.value, threshold.lasting),
        [rule.after for rule in playbook.escalations],
    )


def test_tiers_give_their_level_and_every_step_its_block() -> None:
    """The blocks stand beside the numbered items, which begin again behind each."""
    down, pool, empty = book("tiers.md").playbooks
    assert facts(down) == (
        ("LanternDown",),
        "P0",
        ("health check", "==", "failing", 2 * MINUTE),
        [15 * MINUTE, None],  # data loss is a case of its own: nobody is paged for it unasked
    )
    assert facts(pool)[2] == ("active connections", ">", 90.0, 5 * MINUTE)
    assert facts(empty)[:2] == (("LanternEmptyAnswers",), "P1")
    assert [len(step.statements) for step in pool.steps] == [1, 1, 1, 1]
    assert [step.phase is Phase.VERIFY for step in down.steps] == [False, False, False, True]


def test_a_table_on_top_gives_the_level_and_one_block_is_one_step() -> None:
    """The comments in a block label its commands."""
    stop, disk = book("handbook.md").playbooks
    assert facts(stop) == (
        ("LanternNoAnswers",),
        "P0",
        ("answers per minute", "<", 1.0, 5 * MINUTE),
        [10 * MINUTE, 45 * MINUTE],
    )
    assert facts(disk)[1] == "P1"
    assert stop.soak == 15 * MINUTE
    assert stop.steps[0].statements[0].label == "Is the worker alive?"


def test_the_rest_of_a_handbook_is_read_too() -> None:
    """Process, messages and people stand once for all incidents."""
    handbook = book("handbook.md")
    assert [phase.budget for phase in handbook.process] == [
        5 * MINUTE,
        30 * MINUTE,
        30 * MINUTE,
        timedelta(hours=48),
    ]
    (message,) = handbook.templates
    assert message.placeholders == ("what customers notice", "start", "next update")
    assert not any(contact.placeholder for contact in handbook.contacts)


def test_causes_of_one_process_are_playbooks_of_their_own() -> None:
    """Each cause has its alert, its level and its fix."""
    process = book("process.md")
    assert [facts(playbook)[:2] for playbook in process.playbooks] == [
        (("LanternModelRefuses",), "SEV-2"),
        (("LanternWorkerKilled",), "SEV-1"),
        (("LanternCertificate",), "SEV-1"),
    ]
    assert [level.respond_within for level in process.severities] == [5 * MINUTE, 30 * MINUTE]
    assert [phase.title for phase in process.process] == [
        "Take it",
        "Say how bad it is",
        "Find the cause",
        "Fix it",
        "Write it down",
    ]
    assert [contact.role for contact in process.contacts] == ["On-call lead"]


def test_a_file_about_one_alert_is_one_playbook() -> None:
    """Its heading is the alert, its first sentence the threshold."""
    (slow,) = book("LanternAnswersSlow.md").playbooks
    assert facts(slow) == (
        ("LanternAnswersSlow",),
        "P1",
        ("p95 latency of answers", ">", 8.0, 10 * MINUTE),
        [30 * MINUTE],
    )
    assert [constraint.text for constraint in slow.constraints] == [
        "Never scale the database in the middle of an incident."
    ]


@pytest.mark.parametrize("name", sorted(path.name for path in DIALECTS.glob("*.md")))
def test_nothing_that_changes_something_runs_by_itself(name: str) -> None:
    """Whatever the dialect."""
    words = ("restart", "start ", "renew", "scale", "terminate")
    for block in book(name).blocks:
        for statement in block.statements:
            if any(word in statement.text for word in words) and "SELECT" not in statement.text:
                assert not judge(statement).auto, statement.text
