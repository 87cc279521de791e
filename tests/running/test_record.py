"""What the timeline keeps of what was planned, approved, started and ended."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from drill import Drill
from tocsin.core.ids import IncidentId
from tocsin.core.timeline import Entry, EntryKind
from tocsin.records.rows import approval_facts
from tocsin.running import classifier, record


def entries(drill: Drill, words: str) -> list[Entry]:
    """Return the entries of the only incident that say this."""
    with drill.store.look() as tx:
        return [each for each in tx.timeline.of_incident(IncidentId(1)) if words in each.text]


def test_what_ran_can_be_read_from_the_record_alone(drill: Drill) -> None:
    """A year later neither the runbook nor the step run need be what they were."""
    drill.alert()
    change = drill.step_run("Restart the payment worker")
    drill.approve(change, by="grace")

    (started,) = [
        each for each in entries(drill, ": started") if each.facts["step_run"] == change.id
    ]

    assert change.command is not None
    assert started.facts["text"] == "./shopctl restart payments"
    assert started.facts["command_sha256"] == change.command.fingerprint()
    assert started.facts["target"] == "here"
    assert started.facts["environment_names"] == ["REGION"]
    assert started.facts["risk"] == "change"
    assert started.facts["why"]
    assert started.facts["classifier"] == classifier.version()
    assert started.facts["attempt"] == 1


def test_the_plan_is_on_record_before_anything_of_it_runs(drill: Drill) -> None:
    """What was going to happen, and why so, also where it never came to it."""
    drill.alert()

    (planned,) = entries(drill, "run planned")
    began = min(each.seq for each in entries(drill, ": started"))

    held = planned.facts["planned"]
    assert isinstance(held, list)
    assert planned.text == "run planned: 4 to execute, 1 to do by hand"
    assert planned.seq < began
    assert {each["state"] for each in held} == {"ready", "manual", "waiting", "held"}
    assert "./shopctl restart payments" in {each.get("text") for each in held}


def test_an_ending_holds_what_came_of_it(drill: Drill) -> None:
    """The hash of the output is what shows later that nobody touched it."""
    drill.alert()

    (ended,) = entries(drill, "Look at the payment log (line 16): succeeded")

    assert (ended.facts["state"], ended.facts["exit_status"]) == ("succeeded", 0)
    assert ended.facts["output_sha256"] == hashlib.sha256(b"fine\n").hexdigest()


def test_an_approval_is_on_record_with_all_it_says(drill: Drill) -> None:
    """Who, exactly what, for which attempt, until when."""
    drill.alert()
    change = drill.step_run("Restart the payment worker")
    drill.approve(change, by="grace")

    (approved,) = entries(drill, "approved on here")

    with drill.store.look() as tx:
        (approval,) = tx.step_runs.approvals(change.id)
    assert approved.actor == "grace"
    assert approved.kind is EntryKind.APPROVAL
    assert approved.facts["approval"] == approval_facts(approval)


def test_long_text_is_on_record_by_its_hash(drill: Drill) -> None:
    """An entry stays readable; the text itself stays with the step run."""
    drill.alert()
    run = drill.step_run("Restart the payment worker")
    assert run.command is not None
    long = replace(run, command=replace(run.command, text="x" * (record.LONGEST + 1)))

    facts = record.facts_of(long)

    assert "text" not in facts
    assert facts["text_sha256"] == hashlib.sha256(b"x" * (record.LONGEST + 1)).hexdigest()


def test_the_version_of_the_rules_names_the_program_and_their_content() -> None:
    """Two verdicts with one version were made by the same rules."""
    program, _, digest = classifier.version().partition("+")

    assert program[0].isdigit()
    assert len(digest) == 16


def test_the_output_of_several_hosts_verifies(drill: Drill) -> None:
    """It is put together host by host, and hashed as it is shown."""
    drill.alert()
    run = drill.step_run("Look at the payment log")
    with drill.store.begin() as tx:
        for host, text in (("a", "1\n"), ("b", "2\n"), ("a", "3\n")):
            tx.step_runs.append_output(run.id, run.attempt, text, host=host)
        shown = tx.step_runs.output(run.id)
        (held,) = [
            text
            for key, text in tx.audit.outputs(IncidentId(1)).items()
            if key == (run.id, run.attempt)
        ]
    drill.tampered = True  # there was output after the end

    assert held == shown
