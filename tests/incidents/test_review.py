"""What a second pair of eyes broke, so that it stays mended."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from drill import MINUTE, RUNBOOK, SECOND, WORKSPACE, Drill
from tocsin.core.errors import Conflict, Unavailable
from tocsin.core.ids import IncidentId
from tocsin.core.incident import Action, Status
from tocsin.core.run import Outcome, RunState
from tocsin.core.runbook import Runbook
from tocsin.running import approve as approving

RESTART = "Restart the payment worker"
VERIFY = "Verify that payments go through"
LOOK = "Look at the payment log"
NO_SANDBOX = "bubblewrap is not installed"


def both_pods(first: str, second: str) -> dict[str, Any]:
    def pod(name: str, status: str) -> dict[str, Any]:
        labels = {"alertname": "CheckoutFailing", "service": "shop", "pod": name}
        return {
            "status": status,
            "labels": labels,
            "startsAt": f"2026-01-05T02:58:0{ord(name) % 10}Z",
        }

    return {"version": "4", "alerts": [pod("a", first), *([pod("b", second)] if second else [])]}


def test_without_a_sandbox_one_approval_is_one_run(tmp_path: Path) -> None:
    """A verification that fails is tried again: each time by a person's leave."""
    table = Drill(tmp_path, sandbox_missing=NO_SANDBOX)
    table.machine.answers["tail -n 5 payments.log"] = (b"", Outcome(exit_status=1))
    table.alert()
    table.approve(table.step_run(VERIFY))
    table.alert(status="resolved")

    table.fast_forward(60 * MINUTE)

    assert table.machine.texts == ["tail -n 5 payments.log"]
    table.close()


def test_a_sandbox_that_is_gone_after_a_restart_stops_what_was_planned_with_it(
    tmp_path: Path,
) -> None:
    """Planned confined, restarted without: nothing of it runs unconfined by itself."""
    table = Drill(tmp_path)
    table.alert()
    before = len(table.machine.ran)
    table.close()
    bare = Drill(tmp_path, sandbox_missing=NO_SANDBOX)
    bare.alert(status="resolved")

    bare.fast_forward(30 * MINUTE)

    assert before and bare.machine.ran == []
    assert bare.step_run(VERIFY).state is RunState.WAITING
    bare.close()


def test_running_again_without_a_sandbox_needs_a_new_approval(tmp_path: Path) -> None:
    """Asking is not approving."""
    table = Drill(tmp_path, sandbox_missing=NO_SANDBOX)
    table.alert()
    table.approve(table.step_run(LOOK))
    with table.store.begin() as tx:
        approving.run_again(
            tx, table.app.grounds, table.step_run(LOOK).id, by="mallory", now=table.clock
        )
    table.run_due()

    assert table.machine.texts == ["tail -n 20 payments.log"]
    assert table.step_run(LOOK).state is RunState.WAITING
    table.close()


def test_an_outcome_is_recorded_when_the_database_takes_it_again(
    drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hiccup must not leave a step running for ever, nor its incident in monitoring."""
    begin, hiccups = drill.store.begin, iter([True, True])
    monkeypatch.setattr("tocsin.worker.gathering._NAP_S", 0.0)

    @contextmanager
    def ill_after_the_run() -> Any:
        if drill.machine.ran and next(hiccups, False):
            raise Unavailable("store.locked", "for a moment")
        with begin() as tx:
            yield tx

    monkeypatch.setattr(drill.store, "begin", ill_after_the_run)
    drill.alert()

    assert drill.step_run(LOOK).state is RunState.SUCCEEDED
    assert drill.output(drill.step_run(LOOK)) == "fine\n"


def test_a_name_of_any_length_opens_an_incident(drill: Drill) -> None:
    """It stands in an index, and PostgreSQL takes no 20 kB there."""
    drill.alert("X" * 20_000)
    drill.alert("CheckoutFailing")

    assert len(drill.incidents) == 2
    assert all(len(each.open_key or "") <= 200 for each in drill.incidents)


def test_only_the_alert_that_makes_us_stumble_loses_its_playbook(
    drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The healthy one before it keeps what its runbook says."""
    get = drill.papers.get
    drill.papers.texts["poison.md"] = "x"

    def stumble(file: str) -> Runbook | None:
        if file == "poison.md":
            raise RecursionError
        return get(file)

    monkeypatch.setattr(drill.papers, "get", stumble)
    poisoned = WORKSPACE.replace(
        "[[source]]",
        '[[service]]\nname = "other"\nmatch = [\'service="other"\']\n'
        'runbooks = ["poison.md"]\npolicy = "shop"\n\n[[source]]',
    ).replace("match = ['service=\"shop\"']", "match = ['service=~\"shop|\"']")
    drill.app = drill.app.__class__(
        **{
            **{name: getattr(drill.app, name) for name in drill.app.__slots__},
            "workspace": Drill.read(poisoned),
        }
    )
    drill.acts = drill._acts()
    healthy = {"alertname": "CheckoutFailing", "service": "shop"}
    bad = {"alertname": "Odd", "service": "other"}
    drill.webhook(
        {
            "version": "4",
            "alerts": [
                {"status": "firing", "labels": labels, "startsAt": "2026-01-05T02:58:00Z"}
                for labels in (healthy, bad)
            ],
        }
    )

    bound = {each.title.split()[0]: each.binding is not None for each in drill.incidents}
    assert bound == {"CheckoutFailing": True, "Odd": False}


def test_a_pod_that_replaces_another_is_one_problem_that_goes_on(drill: Drill) -> None:
    """One webhook with the old pod resolved and the new one firing takes nothing from Ada."""
    drill.webhook(both_pods("firing", ""))
    drill.act(1, Action.ACKNOWLEDGE)
    drill.webhook(both_pods("resolved", "firing"))

    assert drill.status is Status.ACKNOWLEDGED
    assert drill.incident.acknowledged_by == "ada"
    assert drill.paged == ["ada"]


def test_a_recovery_that_stays_unproven_is_a_relapse_and_somebody_is_told(drill: Drill) -> None:
    """Monitoring is no place to be forgotten in."""
    drill.machine.answers["tail -n 5 payments.log"] = (b"x" * 999, Outcome(exit_status=1))
    drill.alert()
    drill.act(1, Action.ACKNOWLEDGE)
    drill.alert(status="resolved")

    drill.fast_forward(14 * MINUTE)

    assert drill.status is Status.TRIGGERED
    assert drill.paged == ["ada", "ada"]
    assert drill.told("relapsed: triggered again: not recovered yet")
    assert len(drill.story()) < 60


def test_a_channel_that_goes_wrong_is_said_and_tried_again(drill: Drill) -> None:
    """Whatever it raises: a page is never dropped in silence."""
    sent = drill.mailbox.send

    def go_wrong(*_: object) -> str:
        raise UnicodeEncodeError("ascii", "ä", 0, 1, "no")

    drill.mailbox.send = go_wrong  # type: ignore[method-assign,assignment]
    drill.alert()
    assert drill.told("The channel went wrong")

    drill.mailbox.send = sent  # type: ignore[method-assign]
    drill.fast_forward(6 * SECOND)
    assert drill.paged == ["ada"]


def test_reopening_keeps_one_open_incident_per_playbook(drill: Drill) -> None:
    """Two incidents for one disruption would split the people and the record."""
    drill.alert()
    drill.act(1, Action.RESOLVE)
    drill.alert(starts_at="2026-01-05T03:30:00Z")

    with pytest.raises(Conflict) as caught:
        drill.act(1, Action.REOPEN)
    assert caught.value.code == "incident.open_already"

    drill.act(2, Action.RESOLVE)
    drill.act(1, Action.REOPEN)
    drill.alert(starts_at="2026-01-05T03:45:00Z")
    assert [each.status for each in drill.incidents] == [Status.TRIGGERED, Status.RESOLVED]


def test_an_alert_that_goes_on_firing_after_a_person_resolved_it_comes_back(drill: Drill) -> None:
    """Somebody meant well: the source disagrees for a quarter of an hour and more."""
    drill.alert()
    drill.act(1, Action.RESOLVE)

    drill.fast_forward(5 * MINUTE)
    drill.alert()
    assert len(drill.incidents) == 1

    drill.fast_forward(15 * MINUTE)
    drill.alert()
    assert [each.status for each in drill.incidents] == [Status.RESOLVED, Status.TRIGGERED]
    assert drill.paged == ["ada", "ada"]


def test_a_new_alert_wakes_people_who_slept_through_the_whole_escalation(drill: Drill) -> None:
    """Everybody was paged and nobody came; the next alert is news."""
    drill.alert(instance="a")
    drill.fast_forward(24 * 60 * MINUTE)
    so_far = len(drill.paged)

    drill.alert(instance="b")

    assert len(drill.paged) > so_far


def test_an_edited_runbook_asks_again_and_the_second_approval_counts(drill: Drill) -> None:
    """Changed text means a new approval, not a dead end."""
    drill.alert()
    drill.only_approve(drill.step_run(RESTART))
    drill.papers.texts["shop.md"] = RUNBOOK + "\nA line that has nothing to do with it.\n"

    drill.run_due()
    assert drill.step_run(RESTART).state is RunState.WAITING

    drill.approve(drill.step_run(RESTART))
    assert drill.step_run(RESTART).state is RunState.SUCCEEDED


def test_a_statement_that_left_the_runbook_cannot_be_approved_any_more(drill: Drill) -> None:
    """The reviewed document is the only source of commands."""
    drill.alert()
    drill.papers.texts["shop.md"] = RUNBOOK.replace("./shopctl restart payments", "true")

    with pytest.raises(Conflict) as caught:
        drill.approve(drill.step_run(RESTART))

    assert caught.value.code == "approval.gone"
    assert not any("shopctl" in text for text in drill.machine.texts)


def test_nothing_is_approved_on_an_incident_that_is_over(drill: Drill) -> None:
    """A card left open on a screen since yesterday."""
    drill.alert()
    drill.act(1, Action.RESOLVE)

    with pytest.raises(Conflict) as caught:
        drill.approve(drill.step_run(RESTART))

    assert caught.value.code == "incident.resolved"


def test_after_a_mitigation_the_condition_is_looked_at_without_waiting_for_the_source(
    drill: Drill,
) -> None:
    """Sources that never send a resolution, or send it late, hold nobody up."""
    drill.alert()
    drill.act(1, Action.ACKNOWLEDGE)
    drill.approve(drill.step_run(RESTART))

    drill.fast_forward(3 * SECOND)

    assert drill.status is Status.MONITORING


def test_what_nobody_verified_is_not_called_verified(tmp_path: Path) -> None:
    """Left to people and not done: said so."""
    table = Drill(tmp_path, sandbox_missing=NO_SANDBOX)
    table.alert()
    table.alert(status="resolved")
    table.fast_forward(11 * MINUTE)

    assert table.status is Status.RESOLVED
    assert table.told("1 verification steps were left to people and not done")
    with table.store.look() as tx:
        assert tx.postmortems.get(IncidentId(1)) is not None
    table.close()
