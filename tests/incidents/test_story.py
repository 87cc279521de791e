"""From the alert to the post-mortem, told from outside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from drill import MINUTE, RUNBOOK, SECOND, Died, Drill
from tocsin.core.errors import Conflict
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Action, Status
from tocsin.core.run import Outcome, RunState
from tocsin.records import timeline
from tocsin.running import approve as approving

RESTART = "Restart the payment worker"


def test_what_only_looks_has_run_before_anybody_sits_up(drill: Drill) -> None:
    """The evidence lies on the incident; what changes something has not been touched."""
    drill.alert()

    states = {each.step_title: each.state for each in drill.step_runs()}
    assert states["Look at the payment log"] is RunState.SUCCEEDED
    assert states["Count what is stuck"] is RunState.SUCCEEDED
    assert states["Ask the payment provider"] is RunState.MANUAL
    assert states[RESTART] is RunState.WAITING
    assert drill.output(drill.step_run("Look at the payment log")) == "fine\n"
    assert "./shopctl restart payments" not in drill.machine.texts


def test_unattended_statements_are_confined_and_see_only_their_environment(drill: Drill) -> None:
    """Read-only is enforced, not promised; nothing of ours leaks into a step."""
    drill.alert()

    assert all(execution.read_only for execution in drill.machine.ran)
    assert all(dict(each.environment) == {"REGION": "north"} for each in drill.machine.ran)


def test_without_a_sandbox_nothing_runs_unattended_and_the_incident_says_so(
    tmp_path: Path,
) -> None:
    """No sandbox, no run: the looking waits for a person as well."""
    table = Drill(tmp_path, sandbox_missing="bubblewrap is not installed")

    table.alert()

    assert table.machine.ran == []
    assert table.told("nothing runs unattended: bubblewrap is not installed")
    assert table.step_run("Look at the payment log").state is RunState.WAITING
    table.close()


def test_an_approved_change_runs_exactly_once_and_names_who(drill: Drill) -> None:
    """This person, this command, this target, once."""
    drill.alert()
    waiting = drill.step_run(RESTART)

    drill.approve(waiting, by="grace")

    done = drill.step_run(RESTART)
    assert (done.state, done.by, done.attempt) == (RunState.SUCCEEDED, "grace", 1)
    assert drill.machine.texts.count("./shopctl restart payments") == 1
    (change,) = [each for each in drill.machine.ran if "shopctl" in each.command.text]
    assert not change.read_only
    assert drill.told("approved on here: ./shopctl restart payments")


def test_an_approval_of_anything_else_is_refused(drill: Drill) -> None:
    """What was shown is what runs: another fingerprint is another command."""
    drill.alert()
    waiting = drill.step_run(RESTART)
    assert waiting.command is not None
    other = replace(waiting.command, text="./shopctl drop payments").fingerprint()

    with pytest.raises(Conflict) as caught, drill.store.begin() as tx:
        consent = approving.Consent(fingerprint=other)
        approving.approve(tx, drill.app.grounds, waiting.id, consent, by="ada", now=drill.clock)

    assert caught.value.code == "approval.other_command"
    assert drill.step_run(RESTART).state is RunState.WAITING


def test_a_runbook_that_changed_meanwhile_voids_the_plan(drill: Drill) -> None:
    """The approval binds the document's hash: new text, new approval."""
    drill.alert()
    drill.only_approve(drill.step_run(RESTART))
    drill.papers.texts["shop.md"] = RUNBOOK.replace("restart payments", "wipe payments")

    drill.run_due()

    assert drill.step_run(RESTART).state is RunState.WAITING
    assert drill.told("refused: The runbook has changed")
    assert not any("shopctl" in text for text in drill.machine.texts)


def test_an_approval_that_waited_too_long_has_expired(drill: Drill) -> None:
    """Approved before a long outage of ours: the world has changed since."""
    drill.alert()
    drill.only_approve(drill.step_run(RESTART))

    drill.sleep(16 * MINUTE)

    assert drill.step_run(RESTART).state is RunState.WAITING
    assert drill.told("refused: The approval has expired")


def test_a_change_that_never_reported_back_is_unknown_and_never_runs_again(
    drill: Drill,
) -> None:
    """Killed in the middle: it may have happened, or half of it. A person decides."""
    drill.alert()

    def die() -> None:
        raise Died

    drill.machine.crash = die
    with pytest.raises(Died):
        drill.approve(drill.step_run(RESTART))
    drill.restart()
    drill.fast_forward(60 * MINUTE)

    lost = drill.step_run(RESTART)
    assert lost.state is RunState.UNKNOWN
    assert drill.machine.texts.count("./shopctl restart payments") == 1
    assert drill.told("unknown: we stopped while it ran")


def test_a_look_that_never_reported_back_is_made_again(drill: Drill) -> None:
    """Looking may repeat: the evidence is worth more than the symmetry."""

    def die() -> None:
        raise Died

    drill.machine.crash = die
    with pytest.raises(Died):
        drill.alert()
    drill.restart()

    assert drill.step_run("Look at the payment log").state is RunState.SUCCEEDED


def test_after_a_mitigation_the_verification_runs(drill: Drill) -> None:
    """Verified, not assumed: the playbook's own look, right after the change."""
    drill.alert()
    title = "Verify that payments go through"
    assert drill.step_run(title).state is RunState.HELD

    drill.approve(drill.step_run(RESTART))

    assert drill.step_run(title).state is RunState.SUCCEEDED


def test_a_quiet_incident_resolves_by_itself_after_its_soak_and_not_before(drill: Drill) -> None:
    """Ten minutes of quiet, then the condition is looked at again."""
    drill.alert()
    drill.act(1, Action.ACKNOWLEDGE)
    drill.alert(status="resolved")
    assert drill.status is Status.MONITORING

    drill.fast_forward(10 * MINUTE - SECOND)
    assert drill.status is Status.MONITORING

    drill.fast_forward(2 * SECOND)
    assert drill.status is Status.RESOLVED
    assert drill.told("recovery verified: CheckoutFailing looked at")


def test_a_relapse_during_the_soak_pages_again(drill: Drill) -> None:
    """It came back: whoever had it may be asleep by now."""
    drill.alert()
    drill.act(1, Action.ACKNOWLEDGE)
    drill.alert(status="resolved")
    drill.fast_forward(4 * MINUTE)

    drill.alert(starts_at="2026-01-05T03:04:00Z")

    assert drill.status is Status.TRIGGERED
    assert len(drill.incidents) == 1
    assert drill.paged == ["ada", "ada"]


def test_an_alert_that_still_holds_by_its_own_condition_is_not_resolved(drill: Drill) -> None:
    """The source says resolved, the condition says no: keep watching."""
    drill.alert()
    drill.alert(status="resolved")
    drill.weather.holds = True

    drill.fast_forward(11 * MINUTE)
    assert drill.status is Status.MONITORING
    assert drill.told("not recovered yet")

    drill.weather.holds = False
    drill.fast_forward(MINUTE)
    assert drill.status is Status.RESOLVED


def test_a_failed_verification_holds_the_recovery(drill: Drill) -> None:
    """What the runbook says to check must pass before it counts as over."""
    drill.machine.answers["tail -n 5 payments.log"] = (b"error\n", Outcome(exit_status=1))
    drill.alert()
    drill.alert(status="resolved")

    drill.fast_forward(12 * MINUTE)
    assert drill.status is Status.MONITORING
    assert drill.told("Verify that payments go through")

    drill.machine.answers.clear()
    drill.fast_forward(2 * MINUTE)
    assert drill.status is Status.RESOLVED


def test_the_post_mortem_is_drafted_from_what_happened(drill: Drill) -> None:
    """Header, times, timeline, evidence with output, who ran what."""
    drill.machine.answers["tail -n 20 payments.log"] = (b"card declined\n", Outcome(exit_status=0))
    drill.alert()
    drill.fast_forward(3 * MINUTE)
    drill.act(1, Action.ACKNOWLEDGE)
    drill.approve(drill.step_run(RESTART), by="grace")
    drill.alert(status="resolved")
    drill.fast_forward(11 * MINUTE)

    with drill.store.look() as tx:
        draft = tx.postmortems.get(IncidentId(1))
    assert draft is not None
    for words in (
        "| Severity | P1 |",
        "Checkout failing (shop.md:3)",
        "| Responder | ada |",
        "| Acknowledged | 2026-01-05 03:03:00Z, after 3m |",
        "card declined",
        "grace: succeeded",
        "## Action items",
    ):
        assert words in draft.text, words


def test_hostile_text_stays_text_in_the_post_mortem(drill: Drill) -> None:
    """A label cannot become a heading, an output cannot close its fence."""
    nasty = b"```\n# Pwned\n<script>alert(1)</script>\n"
    drill.machine.answers["tail -n 20 payments.log"] = (nasty, Outcome(exit_status=0))
    drill.alert(pod="<img src=x>|# x")
    drill.act(1, Action.RESOLVE)

    with drill.store.look() as tx:
        draft = tx.postmortems.get(IncidentId(1))
    assert draft is not None
    assert "<img" not in draft.text.replace("\\<img", "")
    assert "````text" in draft.text


def test_the_whole_story_is_one_unbroken_chain(drill: Drill) -> None:
    """Whatever happened, the record verifies at the end."""
    drill.alert()
    drill.act(1, Action.ACKNOWLEDGE)
    drill.approve(drill.step_run(RESTART))
    drill.alert(status="resolved")
    drill.fast_forward(11 * MINUTE)

    with drill.store.look() as tx:
        assert timeline.verify(tx, IncidentId(1)) == ""
        assert len(tx.timeline.of_incident(IncidentId(1))) > 15
