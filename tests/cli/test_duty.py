"""A plan keeps its word: what it says is what the product then does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from drill import MINUTE, RUNBOOK, WORKSPACE, Drill
from tocsin.cli.duty import duty_of, service_with
from tocsin.core.incident import Action, Status
from tocsin.core.run import RunState
from tocsin.core.runbook import Language
from tocsin.reading.plan.compose import plan_of
from tocsin.reading.plan.entries import Chapter, Entry, Kind, Plan
from tocsin.reading.plan.shown import reasons
from tocsin.reading.runbook import read_runbook


@pytest.fixture
def night(tmp_path: Path) -> Drill:
    return Drill(tmp_path)


def times(entry: Entry) -> list[timedelta]:
    """Return when an entry says that it happens, until its end."""
    assert entry.at is not None
    if entry.every is None or entry.until is None:
        return [entry.at]
    found = [entry.at]
    while found[-1] + entry.every < entry.until:
        found.append(found[-1] + entry.every)
    return found


def plan_for(night: Drill) -> Plan:
    workspace = night.app.workspace
    service = service_with(workspace, Path(workspace.directory) / "shop.md")
    assert service is not None
    runbook = read_runbook("shop.md", RUNBOOK.encode())
    playbook = runbook.playbooks[0]
    return plan_of(runbook, playbook, duty_of(workspace, service, runbook, playbook))


@pytest.fixture
def planned(night: Drill) -> Plan:
    return plan_for(night)


@pytest.mark.parametrize("repeat", [0, 1, 3])
def test_people_are_paged_when_the_plan_says(tmp_path: Path, repeat: int) -> None:
    """Minute by minute, round by round, with nobody answering."""
    policy = '[[policy]]\nname = "shop"\n'
    night = Drill(tmp_path, workspace=WORKSPACE.replace(policy, f"{policy}repeat = {repeat}\n"))
    promised = [
        (at, name)
        for entry in plan_for(night).entries
        if entry.kind is Kind.PAGE
        for at in times(entry)
        for name in entry.people
    ]
    night.alert()
    paged = [(timedelta(), name) for name in night.paged]
    for minute in range(1, 61):
        before = len(night.paged)
        night.fast_forward(MINUTE)
        paged += [(minute * MINUTE, name) for name in night.paged[before:]]

    assert sorted(paged) == sorted(promised)


def test_what_is_to_run_by_itself_has_run(night: Drill, planned: Plan) -> None:
    """Exactly these statements in exactly this form, before anybody was asked."""
    night.alert()
    runs = planned.runs(Chapter.AT_ONCE, RunState.READY)

    assert sorted(night.machine.texts) == sorted(run.text for run in runs)


def test_what_has_no_target_is_a_persons(tmp_path: Path) -> None:
    """The plan says so beforehand, in the words of the incident."""
    night = Drill(tmp_path, workspace=WORKSPACE.replace('["here", "db"]', '["here"]'))
    (query,) = [
        run
        for entry in plan_for(night).chapter(Chapter.PEOPLE)
        for run in entry.runs
        if run.language is Language.SQL
    ]
    assert reasons(query) == "yours to run: no target for sql is set for this service"
    night.alert()
    assert night.step_run("Count what is stuck").state is query.state is RunState.MANUAL


def test_it_is_verified_and_over_as_the_plan_says(night: Drill, planned: Plan) -> None:
    """The approval the plan names, then its verification, then its soak."""
    night.alert()
    night.act(1, Action.ACKNOWLEDGE)
    (waiting,) = planned.runs(Chapter.PEOPLE, RunState.WAITING)
    (change,) = [each for each in night.step_runs() if each.state is RunState.WAITING]
    assert change.text == waiting.text
    before = len(night.machine.ran)
    night.approve(change)
    verified = planned.runs(Chapter.RECOVERY, RunState.HELD)
    assert night.machine.texts[before + 1 :] == [run.text for run in verified]

    night.alert(status="resolved")
    assert any("Quiet for 10 min" in entry.text for entry in planned.entries)
    night.fast_forward(9 * MINUTE)
    assert night.status is Status.MONITORING
    night.fast_forward(2 * MINUTE)
    assert night.status is Status.RESOLVED
