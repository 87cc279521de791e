"""In words, through what a command would go: nothing is run for it."""

from __future__ import annotations

import pytest

from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.risk import Risk
from tocsin.core.run import Command, RunState, StepRun
from tocsin.core.runbook import Language, Phase
from tocsin.core.workspace import Target, TargetKind
from tocsin.running import how
from tocsin.running.allow.late import tables

SSH = Target(
    name="web", kind=TargetKind.SSH, host="web-1", user="look", change_user="deploy", url="ssh://s3"
)
DOCKER = Target(name="shop", kind=TargetKind.DOCKER, container="shop-1", context="prod")
POD = Target(
    name="pod", kind=TargetKind.KUBERNETES, selector="app=shop", namespace="live", container="app"
)


def step_run(risk: Risk, hosts: tuple[str, ...] = ()) -> StepRun:
    """Return a step run that waits."""
    command = Command(
        language=Language.BASH,
        text="./go",
        target="web",
        target_sha256="6" * 64,
        runbook_sha256="5" * 64,
        step_line=1,
        hosts=hosts,
    )
    return StepRun(
        id=StepRunId(1),
        incident_id=IncidentId(1),
        position=0,
        phase=Phase.MITIGATE,
        step_title="Go",
        step_line=1,
        start=1,
        end=1,
        state=RunState.WAITING,
        risk=risk,
        command=command,
    )


@pytest.mark.parametrize(
    ("target", "risk", "hosts", "said"),
    [
        (SSH, Risk.READ, (), "ssh web-1 as look"),
        (SSH, Risk.CHANGE, (), "ssh web-1 as deploy"),
        (SSH, Risk.READ, ("web-1", "web-2"), "ssh web-1, web-2 as look"),
        (DOCKER, Risk.READ, (), "docker exec in shop-1 by the context prod"),
        (
            POD,
            Risk.READ,
            (),
            "kubectl exec in the one pod with app=shop container app namespace live",
        ),
        (Target(name="x", kind=TargetKind.POSTGRES, url="postgres://"), Risk.CHANGE, (), ""),
        (None, Risk.CHANGE, (), ""),
    ],
)
def test_the_way_is_said_and_no_address(
    target: Target | None, risk: Risk, hosts: tuple[str, ...], said: str
) -> None:
    """Who approves sees which login is used where, and never what may hold a secret."""
    assert how.way(step_run(risk, hosts), target) == said


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("UPDATE jobs SET a = 1 WHERE id IN (SELECT id FROM live.queue)", ("jobs", "live.queue")),
        ("WITH old AS (SELECT 1 FROM orders) DELETE FROM carts USING old", ("carts", "orders")),
        ("nonsense ((", ()),
    ],
)
def test_the_tables_of_a_statement_are_named(text: str, named: tuple[str, ...]) -> None:
    """What it calls its own parts is no table."""
    assert tables(text, "postgres") == named
