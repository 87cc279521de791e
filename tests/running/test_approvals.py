"""Who may approve what, and what no approval helps against: told from outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from drill import MINUTE, RUNBOOK, SECOND, WORKSPACE, Drill
from tocsin.core.approval import Second, people_needed
from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Action
from tocsin.core.risk import Risk
from tocsin.core.run import RunState
from tocsin.core.timeline import HOUSE
from tocsin.incidents import choose, emergency
from tocsin.records.verify import verify
from tocsin.running import approve, clock, hold, stop
from tocsin.running.fill_in import fill_in

RESTART, WIPE = "Restart the payment worker", "Wipe the cache"
WIPES = RUNBOOK.replace(
    "### Verification",
    "**Wipe the cache:**\n```bash\nrm -rf /srv/cache\n```\n\n### Verification",
    1,
)
HELD = WIPES.replace("### Symptoms", "**Do not delete the evidence.**\n\n### Symptoms", 1)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises((Conflict, Invalid)) as caught:
        yield
    assert caught.value.code == code


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Drill]:
    """An incident whose playbook ends with something that destroys."""
    table = Drill(tmp_path, runbooks={"shop.md": WIPES})
    table.alert()
    yield table
    table.close()


def ran(drill: Drill, text: str) -> int:
    return drill.machine.texts.count(text)


def whole(drill: Drill) -> bool:
    """Return whether what is on file is what the record says."""
    with drill.store.look() as tx:
        return not verify(tx).wrong


class TestTwoPeople:
    """What destroys takes two."""

    def test_the_first_approval_is_kept_and_says_that_one_more_is_needed(
        self, night: Drill
    ) -> None:
        """Nothing runs on one person's word."""
        night.approve(night.step_run(WIPE), by="ada")

        waiting = night.step_run(WIPE)
        assert (waiting.state, ran(night, "rm -rf /srv/cache")) == (RunState.WAITING, 0)
        assert waiting.said == "approved by ada; one more person has to approve it by 03:15 UTC"

    def test_the_second_person_starts_it_once_and_both_are_named(self, night: Drill) -> None:
        """In whichever order."""
        night.approve(night.step_run(WIPE), by="grace")
        night.approve(night.step_run(WIPE), by="ada")

        done = night.step_run(WIPE)
        assert (done.state, done.by) == (RunState.SUCCEEDED, "ada and grace")
        assert ran(night, "rm -rf /srv/cache") == 1

    def test_the_same_person_twice_is_one_person(self, night: Drill) -> None:
        """Pressing the button again is no second look."""
        night.approve(night.step_run(WIPE), by="ada")

        with refused("approval.twice"):
            night.approve(night.step_run(WIPE), by="ada")

    def test_a_first_approval_that_has_expired_counts_no_more(self, night: Drill) -> None:
        """Both looks are at the same world."""
        night.approve(night.step_run(WIPE), by="ada")
        night.fast_forward(16 * MINUTE)

        night.approve(night.step_run(WIPE), by="grace")

        assert (
            night.step_run(WIPE).said
            == "approved by grace; one more person has to approve it by 03:31 UTC"
        )
        assert ran(night, "rm -rf /srv/cache") == 0

    def test_both_must_be_in_time_when_it_starts(self, night: Drill) -> None:
        """The first one may have run out while no worker was there."""
        night.approve(night.step_run(WIPE), by="ada")
        night.fast_forward(14 * MINUTE)
        night.only_approve(night.step_run(WIPE), by="grace")

        night.sleep(2 * MINUTE)

        assert night.step_run(WIPE).state is RunState.WAITING
        assert night.told("refused: It needs one more person's approval")

    def test_a_change_takes_one(self) -> None:
        """Only what cannot be undone costs a second person's sleep."""
        wanting = [risk for risk in Risk if people_needed(risk, Second.TWO_PEOPLE) == 2]

        assert wanting == [Risk.DESTROY]


class TestTypedConfirmation:
    """A team of one at night."""

    @pytest.fixture
    def alone(self, tmp_path: Path) -> Iterator[Drill]:
        workspace = WORKSPACE + '\n[approvals]\ndestroy = "typed confirmation"\n'
        table = Drill(tmp_path, runbooks={"shop.md": WIPES}, workspace=workspace)
        table.alert()
        yield table
        table.close()

    def test_one_person_who_types_the_target_is_enough(self, alone: Drill) -> None:
        """Typing takes the moment in which one notices."""
        alone.approve(alone.step_run(WIPE), typed="here")

        assert ran(alone, "rm -rf /srv/cache") == 1

    @pytest.mark.parametrize("typed", ["", "there", "HERE"])
    def test_anything_else_is_refused(self, alone: Drill, typed: str) -> None:
        """Nobody types it by accident."""
        with refused("approval.typed"):
            alone.approve(alone.step_run(WIPE), typed=typed)

    def test_a_service_may_ask_for_more(self, tmp_path: Path) -> None:
        """The team says it once, a service that is worth more says its own."""
        workspace = WORKSPACE.replace('soak = "10m"', 'soak = "10m"\ndestroy = "two people"')
        workspace += '\n[approvals]\ndestroy = "typed confirmation"\n'
        table = Drill(tmp_path, runbooks={"shop.md": WIPES}, workspace=workspace)
        table.alert()

        table.approve(table.step_run(WIPE), typed="here")

        assert ran(table, "rm -rf /srv/cache") == 0
        table.close()


class TestOwnRequest:
    """A second look is somebody else's."""

    def test_who_asked_for_it_again_cannot_approve_it(self, night: Drill) -> None:
        """The runbook asked for the first time, a person for the second."""
        night.approve(night.step_run(RESTART), by="ada")
        with night.store.begin() as tx:
            approve.run_again(
                tx, night.app.grounds, night.step_run(RESTART).id, by="ada", now=night.clock
            )

        with refused("approval.own"):
            night.approve(night.step_run(RESTART), by="ada", repeat=True)
        night.approve(night.step_run(RESTART), by="grace", repeat=True)

        assert ran(night, "./shopctl restart payments") == 2

    def test_who_chose_the_playbook_does_not_approve_its_steps(self, tmp_path: Path) -> None:
        """Which of two playbooks fits was their judgement; that it may run is somebody else's."""
        both = RUNBOOK.replace("**Alert:** `SearchSlow`", "**Alert:** `CheckoutFailing`")
        table = Drill(tmp_path, runbooks={"shop.md": both})
        table.alert()
        assert len(table.incident.candidates) == 2
        with table.store.begin() as tx:
            choose.choose(
                tx,
                table.app.workspace,
                table.papers,
                IncidentId(1),
                "checkout-failing",
                by="ada",
                now=table.clock,
            )

        with refused("approval.own"):
            table.approve(table.step_run(RESTART), by="ada")
        table.approve(table.step_run(RESTART), by="grace")

        assert ran(table, "./shopctl restart payments") == 1
        table.close()

    def test_who_filled_in_a_value_cannot_approve_it_whoever_filled_in_the_next(
        self, tmp_path: Path
    ) -> None:
        """Somebody else's zone is no second look at my worker."""
        text = RUNBOOK.replace("restart payments", "restart <worker> --zone <zone>")
        table = Drill(tmp_path, runbooks={"shop.md": text})
        table.alert()
        for by, values in (("ada", {"worker": "payments"}), ("grace", {"zone": "north"})):
            with table.store.begin() as tx:
                waiting = table.step_run(RESTART).id
                fill_in(tx, table.app.grounds, waiting, values, by=by, now=table.clock)

        with refused("approval.own"):
            table.approve(table.step_run(RESTART), by="ada")
        with refused("approval.own"):
            table.approve(table.step_run(RESTART), by="grace")
        table.approve(table.step_run(RESTART), by="linus")

        assert table.step_run(RESTART).state is RunState.SUCCEEDED
        table.close()

    def test_who_is_alone_may_approve_what_the_runbook_brings(self, night: Drill) -> None:
        """The runbook was reviewed: that was the first look."""
        assert night.step_run(RESTART).asked_by == ""


class TestBreakGlass:
    """In an emergency, against the rules that may be broken, and in everybody's sight."""

    def test_it_stands_in_for_the_second_person_and_stands_out(self, night: Drill) -> None:
        """The reason is part of the record."""
        night.approve(
            night.step_run(WIPE), by="ada", break_glass=True, reason="nobody else answers"
        )

        assert ran(night, "rm -rf /srv/cache") == 1
        assert night.told("breaking the glass (nobody else answers)")
        night.act(1, Action.RESOLVE)
        with night.store.look() as tx:
            draft = tx.postmortems.get(IncidentId(1))
        assert draft is not None
        assert "**(broke the glass: nobody else answers)**" in draft.text

    def test_it_pages_the_admins_whoever_has_the_incident(self, night: Drill) -> None:
        """The mail says who broke it, for what, and why."""
        night.act(1, Action.ACKNOWLEDGE, by="ada")
        night.mailbox.messages.clear()
        wipe = night.step_run(WIPE)
        assert wipe.command is not None
        consent = approve.Consent(
            fingerprint=wipe.command.fingerprint(), break_glass=True, reason="nobody answers"
        )

        with night.store.begin() as tx:
            emergency.approve(tx, night.app.grounds, wipe.id, consent, by="ada", now=night.clock)
        night.run_due()

        assert sorted(night.paged) == ["ada", "grace", "linus"]
        (_, message) = night.mailbox.messages[0]
        assert "ada broke the glass for “Wipe the cache”: nobody answers" in message.text

    def test_it_needs_a_reason(self, night: Drill) -> None:
        """Spaces are none."""
        with refused("reason.missing"):
            night.approve(night.step_run(WIPE), break_glass=True, reason="  ")

    def test_neither_hold_nor_stop_nor_another_command_is_overridden(self, night: Drill) -> None:
        """Some things are not for the one who is in a hurry."""
        wipe = night.step_run(WIPE)
        assert wipe.command is not None
        other = replace(wipe, command=replace(wipe.command, text="rm -rf /"))
        with refused("approval.other_command"):
            night.approve(other, break_glass=True, reason="hurry")
        with night.store.begin() as tx:
            hold.hold(tx, IncidentId(1), "a breach", by="grace", now=night.clock)
        with refused("hold.evidence"):
            night.approve(wipe, break_glass=True, reason="hurry")
        with night.store.begin() as tx:
            stop.stop(tx, "a wrong runbook", by="grace", now=night.clock)
        with refused("stop.standing"):
            night.approve(night.step_run(RESTART), break_glass=True, reason="hurry")


class TestRepeats:
    """The same change, on the same place, a moment ago."""

    def test_in_another_incident_it_has_to_be_meant(self, night: Drill) -> None:
        """Two incidents with one cause restart the same database twice."""
        night.approve(night.step_run(RESTART))
        night.act(1, Action.RESOLVE)
        night.alert(starts_at="2026-01-05T03:20:00Z")
        again = night.step_run(RESTART, 2)

        with refused("approval.repeat"):
            night.approve(again, by="grace")
        night.approve(again, by="grace", repeat=True)

        assert ran(night, "./shopctl restart payments") == 2

    def test_the_gate_looks_too(self, night: Drill) -> None:
        """Two of them approved before either has started."""
        first = night.step_run(RESTART)
        night.only_approve(first)
        with night.store.begin() as tx:
            twin = replace(first, state=RunState.WAITING, position=first.position)
            (twin,) = tx.step_runs.add([twin])
        night.only_approve(twin, by="grace")

        night.run_due()

        assert ran(night, "./shopctl restart payments") == 1
        assert night.told("refused: The same was started")

    def test_later_it_is_nothing_special(self, night: Drill) -> None:
        """Ten minutes, unless the team says otherwise."""
        night.approve(night.step_run(RESTART))
        with night.store.begin() as tx:
            approve.run_again(
                tx, night.app.grounds, night.step_run(RESTART).id, by="grace", now=night.clock
            )
        night.fast_forward(11 * MINUTE)

        night.approve(night.step_run(RESTART))

        assert ran(night, "./shopctl restart payments") == 2


class TestClock:
    """An approval lasts a quarter of an hour, whatever the clock says later."""

    def test_set_back_while_the_process_runs(self, night: Drill) -> None:
        """Twenty minutes pass, then the clock says that it was five."""
        night.only_approve(night.step_run(RESTART))
        night.clock += 20 * MINUTE
        night._heap.clear()
        with night.store.begin() as tx:
            clock.tick(tx, node=night.node, now=night.clock)
        night.clock -= 15 * MINUTE

        night.audit()

        assert ran(night, "./shopctl restart payments") == 0
        assert night.step_run(RESTART).state is RunState.WAITING

    def test_set_back_while_none_ran(self, tmp_path: Path) -> None:
        """The newest instant stands in the database."""
        table = Drill(tmp_path)
        table.node = "here-1"
        table.acts = table._acts()
        table.alert()
        table.only_approve(table.step_run(RESTART))
        table._heap.clear()
        with table.store.begin() as tx:
            clock.tick(tx, node=table.node, now=table.clock + 20 * MINUTE)
        table.clock += 5 * MINUTE

        table.restart()

        assert ran(table, "./shopctl restart payments") == 0
        table.close()

    def test_before_it_was_given_it_does_not_count(self, night: Drill) -> None:
        """A clock that is an hour behind says that the approval comes from the future."""
        night.only_approve(night.step_run(RESTART))
        night.clock -= 60 * MINUTE
        night.audit()

        assert ran(night, "./shopctl restart payments") == 0

    def test_new_approvals_count_under_the_new_time(self, night: Drill) -> None:
        """Nobody is locked out because a clock was wrong once."""
        night.clock += timedelta(days=3650)
        night.audit()
        night.clock -= timedelta(days=3650)
        night.audit()

        night.approve(night.step_run(RESTART))

        assert ran(night, "./shopctl restart payments") == 1

    def test_the_record_stays_whole_and_says_so(self, night: Drill) -> None:
        """What the clock has spent is no approval that somebody has used."""
        night.audit()
        night.only_approve(night.step_run(RESTART))
        night.clock -= 60 * MINUTE

        night.audit()

        assert whole(night)
        assert night.told("the clock was set back, so its approvals count no more")

    def test_a_few_seconds_are_nothing(self, night: Drill) -> None:
        """Clocks are put right all the time."""
        night.audit()
        night.clock -= 3 * SECOND

        night.approve(night.step_run(RESTART))

        assert ran(night, "./shopctl restart payments") == 1


class TestHold:
    """Evidence is not destroyed."""

    def test_a_playbook_that_forbids_it_holds_it_from_the_start(self, tmp_path: Path) -> None:
        """And says why, with the line of the runbook."""
        table = Drill(tmp_path, runbooks={"shop.md": HELD})
        table.alert()

        with refused("hold.evidence"):
            table.approve(table.step_run(WIPE))

        assert "Do not delete the evidence. (shop.md:" in table.incident.held_because
        assert table.told("evidence is held, nothing may be destroyed")
        table.close()

    def test_a_hold_that_comes_after_the_approval_counts_at_the_gate(self, night: Drill) -> None:
        """Approved by two, held before it started."""
        night.approve(night.step_run(WIPE), by="ada")
        night.only_approve(night.step_run(WIPE), by="grace")
        with night.store.begin() as tx:
            hold.hold(tx, IncidentId(1), "a breach", by="linus", now=night.clock)

        night.run_due()

        assert ran(night, "rm -rf /srv/cache") == 0
        assert night.told("refused: Nothing may be destroyed: a breach")

    def test_lifting_it_needs_a_reason_and_lets_it_go_on(self, night: Drill) -> None:
        """What is only changed was never held."""
        with night.store.begin() as tx:
            hold.hold(tx, IncidentId(1), "a breach", by="grace", now=night.clock)
        night.approve(night.step_run(RESTART))
        with refused("reason.missing"), night.store.begin() as tx:
            hold.release(tx, IncidentId(1), " ", by="grace", now=night.clock)
        with night.store.begin() as tx:
            hold.release(tx, IncidentId(1), "copies are made", by="grace", now=night.clock)

        night.approve(night.step_run(WIPE), by="ada")
        night.approve(night.step_run(WIPE), by="grace")

        assert ran(night, "./shopctl restart payments") == 1
        assert ran(night, "rm -rf /srv/cache") == 1
        assert night.told("evidence hold lifted: copies are made")

    @pytest.mark.parametrize(
        "sentence",
        [
            "Do not delete the evidence.",
            "**Never** wipe the machine before forensics has its disk image",
            "Don't clean up logs until security says so.",
            "You must not remove any log files.",
            "Nobody may rotate the audit log during this.",
            "Evidence must not be altered.",
            "Under no circumstances reimage the host: traces are lost",
            "Do not truncate journals.",
            "Do not restart anything before you preserve the evidence.",
            "Avoid purging audit records.",
        ],
    )
    def test_these_sentences_mean_it(self, sentence: str) -> None:
        """By what they say, in whichever words."""
        assert hold.means_hold(sentence)

    @pytest.mark.parametrize(
        "sentence",
        [
            "Do not restart more than one worker at a time.",
            "Never run this on a Friday.",
            "Do not delete the database.",
            "Do not touch the load balancer without asking.",
            "Don't panic.",
            "Never share the log in the customer channel.",
            "Do not scale below two replicas.",
        ],
    )
    def test_these_do_not(self, sentence: str) -> None:
        """A hold that nobody asked for costs minutes when a disk is full."""
        assert not hold.means_hold(sentence)


class TestStop:
    """Nothing starts while it stands."""

    def test_what_was_approved_does_not_start_and_looks_go_on_when_it_is_lifted(
        self, drill: Drill
    ) -> None:
        """A look may wait; an approval may not."""
        with drill.store.begin() as tx:
            stop.stop(tx, "a wrong runbook", by="grace", now=drill.clock)
        drill.alert()
        assert drill.machine.ran == []
        assert drill.paged == ["ada"]

        with drill.store.begin() as tx:
            stop.lift(tx, "it was the right one", by="grace", now=drill.clock)
        drill.audit()

        assert drill.step_run("Look at the payment log").state is RunState.SUCCEEDED

    def test_a_change_that_was_ready_goes_back_to_wait(self, night: Drill) -> None:
        """Nothing that was approved before a stop starts after it."""
        night.only_approve(night.step_run(RESTART))
        with night.store.begin() as tx:
            stop.stop(tx, "a wrong runbook", by="grace", now=night.clock)

        night.run_due()
        with night.store.begin() as tx:
            stop.lift(tx, "it was the right one", by="grace", now=night.clock)
        night.audit()

        assert ran(night, "./shopctl restart payments") == 0
        assert night.step_run(RESTART).state is RunState.WAITING
        assert night.told("everything is stopped: a wrong runbook")
        assert night.told("the stop is lifted: it was the right one")

    def test_who_had_approved_it_may_approve_it_again(self, night: Drill) -> None:
        """Somebody alone at night is not locked out by a stop that was lifted."""
        night.only_approve(night.step_run(RESTART))
        with night.store.begin() as tx:
            stop.stop(tx, "a wrong runbook", by="grace", now=night.clock)
        night.run_due()
        with night.store.begin() as tx:
            stop.lift(tx, "it was the right one", by="grace", now=night.clock)

        night.approve(night.step_run(RESTART))

        assert ran(night, "./shopctl restart payments") == 1
        assert whole(night)

    def test_who_approved_before_it_does_not_count_after_it(self, night: Drill) -> None:
        """Both look again: whoever stopped everything had a reason that they may not know."""
        night.only_approve(night.step_run(WIPE), by="ada")
        night.only_approve(night.step_run(WIPE), by="grace")
        with night.store.begin() as tx:
            stop.stop(tx, "a wrong runbook", by="linus", now=night.clock)
        night.run_due()
        with night.store.begin() as tx:
            stop.lift(tx, "it was the right one", by="linus", now=night.clock)

        night.approve(night.step_run(WIPE), by="ada")

        assert ran(night, "rm -rf /srv/cache") == 0

    def test_what_it_kept_from_running_was_not_approved_before(self, night: Drill) -> None:
        """A card says what differs from what somebody let run, not from what was sent back."""
        night.only_approve(night.step_run(RESTART))
        with night.store.begin() as tx:
            stop.stop(tx, "a wrong runbook", by="grace", now=night.clock)
        night.run_due()

        with night.store.look() as tx:
            assert tx.step_runs.approved_before(night.step_run(RESTART)) == []

    def test_it_is_in_time_while_a_secret_is_still_being_fetched(self, tmp_path: Path) -> None:
        """Some are fetched by a command, which takes its time; nothing has run yet."""
        secrets = 'secrets = ["KEY"]\nenvironment ='
        workspace = WORKSPACE.replace("environment =", secrets)
        workspace += '\n[[secret]]\nname = "KEY"\nenvironment = "KEY"\n'
        table = Drill(tmp_path, workspace=workspace)
        table.alert()

        def fetched(_name: str) -> str:
            table.acts.stop(lambda _: True, "Stopped by grace")
            return "a key"

        table.acts = replace(table.acts, secret=fetched)
        table.approve(table.step_run(RESTART))

        assert ran(table, "./shopctl restart payments") == 0
        restart = table.step_run(RESTART)
        assert (restart.state, restart.said) == (RunState.FAILED, "not run: Stopped by grace.")
        table.close()

    def test_it_stands_in_the_record_that_belongs_to_no_incident(self, night: Drill) -> None:
        """Who stopped everything, and when, also where no incident was open."""
        with night.store.begin() as tx:
            stop.stop(tx, "a wrong runbook", by="grace", now=night.clock)
            (entry,) = tx.audit.chain(HOUSE)

        assert (entry.actor, entry.text) == ("grace", "everything is stopped: a wrong runbook")


class TestLooksThatWait:
    """A look that is not certainly one waits for a person, who approves it as any other."""

    LOOK, VERIFY = "Look at the payment log", "Verify that payments go through"

    @pytest.fixture
    def doubtful(self, tmp_path: Path) -> Iterator[Drill]:
        """An incident whose playbook looks with a variable that the shell takes apart."""
        text = RUNBOOK.replace("payments.log", "$REGION.log")
        table = Drill(tmp_path, runbooks={"shop.md": text})
        table.alert()
        yield table
        table.close()

    def test_an_approval_of_it_expires(self, doubtful: Drill) -> None:
        """Nobody would think that only some approvals end."""
        doubtful.only_approve(doubtful.step_run(self.LOOK))

        doubtful.sleep(16 * MINUTE)

        assert doubtful.step_run(self.LOOK).state is RunState.WAITING
        assert ran(doubtful, "tail -n 20 $REGION.log") == 0

    def test_run_again_it_waits_again_for_somebody_else(self, doubtful: Drill) -> None:
        """An approval is for one time, and who asks does not approve."""
        doubtful.approve(doubtful.step_run(self.LOOK))
        look = doubtful.step_run(self.LOOK)

        with doubtful.store.begin() as tx:
            approve.run_again(tx, doubtful.app.grounds, look.id, by="ada", now=doubtful.clock)
        doubtful.run_due()

        assert doubtful.step_run(self.LOOK).state is RunState.WAITING
        assert ran(doubtful, "tail -n 20 $REGION.log") == 1
        with refused("approval.own"):
            doubtful.approve(doubtful.step_run(self.LOOK), by="ada")

    def test_a_recovery_does_not_run_it(self, doubtful: Drill) -> None:
        """Verified once by a person is not approved for ever."""
        doubtful.approve(doubtful.step_run(self.VERIFY))

        doubtful.act(1, Action.MITIGATE)

        assert ran(doubtful, "tail -n 5 $REGION.log") == 1
        assert doubtful.step_run(self.VERIFY).state is RunState.SUCCEEDED

    def test_an_approval_of_it_does_not_outlive_a_stop(self, doubtful: Drill) -> None:
        """Only what needs nobody goes on by itself when the stop is lifted."""
        doubtful.only_approve(doubtful.step_run(self.LOOK))
        with doubtful.store.begin() as tx:
            stop.stop(tx, "a wrong runbook", by="grace", now=doubtful.clock)
        doubtful.run_due()
        with doubtful.store.begin() as tx:
            stop.lift(tx, "it was the right one", by="grace", now=doubtful.clock)

        doubtful.audit()

        assert doubtful.step_run(self.LOOK).state is RunState.WAITING
        assert ran(doubtful, "tail -n 20 $REGION.log") == 0
