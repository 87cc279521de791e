"""A look in the runbook's own words: asked for, approved, and never by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from drill import MINUTE, RUNBOOK, WORKSPACE, Died, Drill
from tocsin.core.errors import Conflict
from tocsin.core.risk import Risk
from tocsin.core.run import RunState, StepRun
from tocsin.records.rows import rows_of, wrong_rows
from tocsin.running import advance, approve

LOOK, FOLLOW, RESTART = "Look at the payment log", "Follow the queue", "Restart the payment worker"
COUNT, AS_APP = "Count what is stuck", "Look as the application"
PLAIN, WRITTEN = "tail -n 20 payments.log", "sudo tail -n 20 payments.log"
BOOK = RUNBOOK.replace(PLAIN, WRITTEN, 1).replace(
    "### Symptoms",
    f"1. **{FOLLOW}**\n   ```bash\n   tail -f queue.log\n   ```\n\n"
    f"2. **{AS_APP}**\n   ```bash\n   sudo -u app ls /srv\n   ```\n\n### Symptoms",
    1,
)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Drill]:
    """An incident whose looks have run, without root's rights."""
    table = Drill(tmp_path, runbooks={"shop.md": BOOK})
    table.alert()
    yield table
    table.close()


def ask(drill: Drill, title: str = LOOK, *, as_written: bool = True, by: str = "ada") -> StepRun:
    """Ask for a step again, and do what is due then."""
    with drill.store.begin() as tx:
        asked = approve.run_again(
            tx,
            drill.app.grounds,
            drill.step_run(title).id,
            by=by,
            now=drill.clock,
            as_written=as_written,
        )
    drill.run_due()
    return asked


def ran(drill: Drill, text: str = WRITTEN) -> int:
    return drill.machine.texts.count(text)


def test_it_waits_with_exactly_the_runbooks_bytes_and_its_own_verdict(night: Drill) -> None:
    """What was a look without rights is shown as what it is with them."""
    assert (ran(night, PLAIN), ran(night)) == (1, 0)

    ask(night)

    asked = night.step_run(LOOK)
    assert asked.command is not None
    assert (asked.state, asked.command.text, asked.text) == (RunState.WAITING, WRITTEN, WRITTEN)
    assert (asked.risk, asked.unattended, ran(night)) == (Risk.READ, False, 0)
    assert asked.why == ("it runs by way of sudo",)
    assert asked.said == "ada wants it as it is written"


def test_who_is_alone_on_call_approves_it_and_it_runs_once_with_nothing_that_holds_it(
    night: Drill,
) -> None:
    """The runbook asked for these words, so no second person is needed for a look."""
    ask(night)
    night.approve(night.step_run(LOOK), by="ada")

    done = night.step_run(LOOK)
    assert (done.state, done.attempt, ran(night)) == (RunState.SUCCEEDED, 2, 1)
    assert not night.machine.ran[-1].read_only
    assert night.told("approved on here: sudo tail -n 20 payments.log")


def test_a_look_that_is_not_certainly_one_is_approved_by_somebody_else(night: Drill) -> None:
    """Whoever wants that without anything that holds it has asked for it."""
    night.approve(night.step_run(AS_APP), by="ada")
    assert night.machine.ran[-1].read_only

    ask(night, AS_APP)

    with pytest.raises(Conflict) as caught:
        night.approve(night.step_run(AS_APP), by="ada")
    assert caught.value.code == "approval.own"
    night.approve(night.step_run(AS_APP), by="grace")
    assert not night.machine.ran[-1].read_only


def test_it_is_no_mitigation_and_no_repeat_of_a_change(night: Drill) -> None:
    """Looking again a minute later is meant, and proves no recovery."""
    for _ in range(2):
        ask(night)
        night.approve(night.step_run(LOOK))

    assert ran(night) == 2
    assert not night.told("mitigation ended")


def test_the_next_time_it_runs_in_its_usual_form_again(night: Drill) -> None:
    """The wish is for once; also one that still waits can be taken back."""
    ask(night)
    ask(night, as_written=False)
    assert (night.step_run(LOOK).state, ran(night, PLAIN)) == (RunState.SUCCEEDED, 2)

    ask(night)
    night.approve(night.step_run(LOOK))
    ask(night, as_written=False)

    assert (ran(night), ran(night, PLAIN)) == (1, 3)
    assert night.machine.ran[-1].read_only


def test_what_never_ends_says_how_it_will_end(night: Drill) -> None:
    """Nobody should wait for it, or take its failure for news."""
    ask(night, FOLLOW)

    asked = night.step_run(FOLLOW)
    assert asked.command is not None
    assert (asked.command.text, asked.risk) == ("tail -f queue.log", Risk.ENDLESS)
    assert "it does not end by itself, so it is ended after 30 s" in asked.said


def test_what_no_shell_runs_is_refused(night: Drill) -> None:
    """A query runs as it is written in any case."""
    with pytest.raises(Conflict) as caught:
        ask(night, COUNT)

    assert caught.value.code == "run.as_written"


def test_a_change_is_refused(night: Drill) -> None:
    """It waits for an approval as it stands, and runs so."""
    night.approve(night.step_run(RESTART))

    with pytest.raises(Conflict) as caught:
        ask(night, RESTART)

    assert caught.value.code == "run.as_written"


def test_what_the_runbook_no_longer_holds_is_neither_asked_for_nor_taken_back(
    night: Drill,
) -> None:
    """The runbook is the only source of commands."""
    ask(night, FOLLOW)
    night.papers.texts["shop.md"] = BOOK.replace(WRITTEN, PLAIN).replace("queue.log", "other.log")

    for title, as_written in ((LOOK, True), (FOLLOW, False)):
        with pytest.raises(Conflict) as caught:
            ask(night, title, as_written=as_written)
        assert caught.value.code == "approval.gone"


def test_nothing_but_an_approval_of_these_words_starts_it(night: Drill) -> None:
    """Neither a row that was made ready, nor the approval of its usual form."""
    ask(night)
    asked = night.step_run(LOOK)
    with night.store.begin() as tx:
        advance.ready(tx, asked, now=night.clock)
    night.run_due()
    assert (ran(night), night.step_run(LOOK).state) == (0, RunState.WAITING)

    usual = night.app.grounds.as_it_is_now(night.incident, replace(asked, as_written=False))
    with pytest.raises(Conflict) as caught:
        night.approve(usual)
    assert caught.value.code == "approval.other_command"


def test_the_approval_of_a_held_look_does_not_let_it_loose(night: Drill) -> None:
    """A row that says otherwise since then is no longer what was approved."""
    waiting = night.step_run(AS_APP)
    night.only_approve(waiting)
    with night.store.begin() as tx:
        statement = "UPDATE tocsin_step_run SET as_written = :yes WHERE id = :id"
        tx.connection.execute(sa.text(statement), {"yes": True, "id": waiting.id})
    night.run_due()

    assert ran(night, "sudo -u app ls /srv") == 0


def test_it_is_started_once_even_if_we_die(night: Drill) -> None:
    """With what sudo gives it, a look is not for us to repeat."""

    def die() -> None:
        raise Died

    ask(night)
    night.machine.crash = die
    with pytest.raises(Died):
        night.approve(night.step_run(LOOK))
    night.restart()

    assert (night.step_run(LOOK).state, ran(night)) == (RunState.UNKNOWN, 1)


def test_the_record_misses_its_approval(night: Drill) -> None:
    """A start without a sandbox is held against its approvals, though it is a look."""
    ask(night)
    night.approve(night.step_run(LOOK))
    night.fast_forward(MINUTE)
    with night.store.begin() as tx:
        entries = tx.timeline.of_incident(night.incident.id)
        assert list(wrong_rows(entries, rows_of(tx, night.incident.id))) == []
        tx.connection.execute(sa.text("UPDATE tocsin_approval SET used_at = NULL"))
        told = list(wrong_rows(entries, rows_of(tx, night.incident.id)))

    assert any("No approval is marked used" in each for each in told)


def test_the_user_for_changes_is_the_one_it_runs_as(tmp_path: Path) -> None:
    """It has what an approved step has, and nothing before."""
    afar = WORKSPACE.replace(
        'name = "here"\nkind = "local"',
        'name = "here"\nkind = "ssh"\nhost = "shop1"\nrun_as = "ops"\nreads = "login"',
    )
    table = Drill(tmp_path, runbooks={"shop.md": BOOK}, workspace=afar)
    table.alert()
    ask(table)

    asked = table.step_run(LOOK)
    assert asked.command is not None
    assert asked.command.run_as == "ops"
    table.approve(asked)
    used = {each.command.text: each.command.run_as for each in table.machine.ran}
    assert (used[PLAIN], used[WRITTEN]) == ("", "ops")
    table.close()
