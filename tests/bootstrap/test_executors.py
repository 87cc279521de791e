"""What runs a statement is chosen by its language and by the kind of its target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drill import Drill
from tocsin.bootstrap.executors import executors, why_unready
from tocsin.core.run import RunState
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind


@pytest.mark.parametrize("pair", sorted(executors(str.upper)), ids=" on ".join)
def test_each_executor_takes_the_kind_it_stands_for(pair: tuple[Language, TargetKind]) -> None:
    """An executor in the wrong row would refuse every statement, in the middle of a night."""
    target = Target(name="there", kind=pair[1], url="postgresql://127.0.0.1:1/x")

    said = executors(str.upper)[pair].ready(target, read_only=False)

    assert f"is {pair[1]}" not in said


def test_a_target_that_cannot_be_reached_says_why() -> None:
    """The doctor asks in the daytime what would otherwise be found out at night."""
    gone = Target(name="db", kind=TargetKind.SQLITE, url="/nowhere/at.all")

    assert "/nowhere/at.all" in why_unready(gone, str.upper, read_only=True)


def test_a_pair_that_nothing_runs_is_said_and_not_run(drill: Drill) -> None:
    """Nothing was started, so the outcome is known: it failed, and says why."""
    drill.acts = replace(drill.acts, executors={})

    drill.alert()

    look = drill.step_run("Look at the payment log")
    assert look.state is RunState.FAILED
    assert look.said == "not run: Nothing runs bash on targets that are local."
