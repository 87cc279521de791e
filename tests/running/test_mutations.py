"""Ten thousand ways to alter what was approved, and not one of them runs.

The store is the real one, on SQLite; so is the gate. Each alteration is made to rows, documents
or the workspace behind the product's back, tried, and taken back.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from drill import MINUTE, RUNBOOK, Drill
from tocsin.core.errors import Problem
from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.rights import EVERYWHERE, Grant, Role
from tocsin.core.run import Command, RunState
from tocsin.core.workspace import Target, TargetKind, Workspace
from tocsin.running import advance, approve, gate
from tocsin.running.grounds import Grounds

MUTATIONS = 10_000
WIPE, RESTART = "Wipe the cache", "Restart the payment worker"
WIPES = RUNBOOK.replace(
    "### Verification",
    "**Wipe the cache:**\n```bash\nrm -rf /srv/cache\n```\n\n### Verification",
    1,
)
HOW_IT_ENDED = {"started_at", "finished_at", "exit_status", "said", "by", "node"}
"""Columns of a step run that only tell of its last attempt: nothing is decided by them."""
NAMES_THE_ROW = {"id"}
BOUND_TO = ("service", "binding", "status", "resolved_at", "held_at")
"""Columns of an incident that its steps are planned from, or that forbid them."""


class Undone(Exception):
    """Takes a transaction back."""


@pytest.fixture
def approved(tmp_path: Path) -> Iterator[Drill]:
    """Something that destroys, approved by two, about to start."""
    drill = Drill(tmp_path, runbooks={"shop.md": WIPES})
    drill.alert()
    drill.alert("SearchSlow")
    drill.only_approve(drill.step_run(WIPE), by="ada")
    drill.only_approve(drill.step_run(WIPE), by="grace")
    yield drill
    drill.close()


def starts(
    drill: Drill, wanted: StepRunId, grounds: Grounds, alter: Callable[[sa.Connection], None]
) -> bool:
    """Return whether the gate lets the step start after the alteration; all is taken back."""
    passed = False
    try:
        with drill.store.begin() as tx:
            alter(tx.connection)
            step_run = tx.step_runs.get(wanted)
            gate.pass_through(tx, grounds, step_run, node=drill.node, now=drill.clock)
            passed = True
            raise Undone
    except (Undone, Problem, ValueError, sa.exc.SQLAlchemyError):
        pass  # what cannot even be read does not run
    return passed


def nothing(_connection: sa.Connection) -> None:
    """Alter nothing."""


def table_of(drill: Drill, table: str) -> list[dict[str, Any]]:
    with drill.engine.connect() as connection:
        found = connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY id"))
        return [dict(each._mapping) for each in found]


@dataclass(frozen=True, kw_only=True)
class Put:
    """Sets one column of one row."""

    table: str
    row: int
    column: str
    value: Any

    def __call__(self, connection: sa.Connection) -> None:
        statement = f'UPDATE {self.table} SET "{self.column}" = :value WHERE id = :id'
        connection.execute(sa.text(statement), {"value": self.value, "id": self.row})


def put(table: str, row_id: int, column: str, value: Any) -> Put:
    return Put(table=table, row=row_id, column=column, value=value)


def other_text(chance: random.Random, text: str) -> str:
    """Return another text: a character altered, left out or put in."""
    while True:
        at = chance.randrange(len(text) + 1)
        letter = chance.choice("abcxyz019 \t\n/-_.;|&$'\"\\\u202e\u200b\u0430")
        kind = chance.randrange(3)
        new = text[:at] + (letter if kind != 1 else "") + text[at + (kind != 2) :]
        if new != text:
            return new


def other_value(chance: random.Random, column: str, value: Any) -> Any:
    """Return another value for a column, of the same kind where there is one."""
    if column.endswith("_at") or column == "at":
        moment = datetime.fromisoformat(value) if value else datetime(2026, 1, 5, 3)
        by = timedelta(seconds=chance.choice((-1, 1)) * 10 ** chance.uniform(0, 7))
        return (moment + by).isoformat(sep=" ")
    if isinstance(value, bool) or value in (0, 1):
        return 1 - value
    if isinstance(value, int):
        return value + chance.choice((-2, -1, 1, 2, 1000))
    return other_text(chance, value or "")


def other_json(chance: random.Random, written: str, of: Any) -> str:
    """Return other JSON: one field of it, or one of its bytes; never the same thing anew."""
    before = msgspec.json.decode(written, type=of)
    while True:
        if chance.random() < 0.3:
            new = other_text(chance, written)
        else:
            new = json.dumps(_other_field(chance, json.loads(written)))
        try:
            if msgspec.json.decode(new, type=of) == before:
                continue
        except msgspec.DecodeError:
            pass
        return new


def _other_field(chance: random.Random, found: Any) -> Any:
    if isinstance(found, dict) and found:
        name = chance.choice(sorted(found))
        return {**found, name: _other_field(chance, found[name])}
    if isinstance(found, list):
        return [*found, chance.choice(("x", ["A", "b"]))] if chance.random() < 0.7 else found[1:]
    if isinstance(found, str):
        return other_text(chance, found)
    return other_value(chance, "", found)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What is on file before anything is altered."""

    step_run: dict[str, Any]
    approvals: list[dict[str, Any]]
    incident: dict[str, Any]
    other_step_run: int

    @classmethod
    def of(cls, drill: Drill) -> Rows:
        """Return those of the drill."""
        runs = {each["step_title"]: each for each in table_of(drill, "tocsin_step_run")}
        return cls(
            step_run=runs[WIPE],
            approvals=table_of(drill, "tocsin_approval"),
            incident=table_of(drill, "tocsin_incident")[0],
            other_step_run=runs[RESTART]["id"],
        )


def of_the_step_run(rows: Rows, chance: random.Random) -> Put:
    found = rows.step_run
    columns = sorted(set(found) - HOW_IT_ENDED)
    column = chance.choice([*columns, "command", "command", "command"])
    if column == "command":
        value: Any = other_json(chance, found[column], Command | None)
    elif column == "why":
        value = other_json(chance, found[column], tuple[str, ...])
    elif column == "parameters":
        value = json.dumps([chance.randrange(9)])
    elif column == "incident_id":
        value = 2
    else:
        value = other_value(chance, column, found[column])
    return put("tocsin_step_run", found["id"], column, value)


def of_an_approval(rows: Rows, chance: random.Random) -> Put:
    found = chance.choice(rows.approvals)
    column = chance.choice(sorted(set(found) - NAMES_THE_ROW))
    if column == "step_run_id":
        return put("tocsin_approval", found["id"], column, rows.other_step_run)
    return put("tocsin_approval", found["id"], column, other_value(chance, column, found[column]))


def of_the_incident(rows: Rows, chance: random.Random) -> Put:
    column = chance.choice(BOUND_TO)
    if column == "binding":
        bound = json.loads(rows.incident[column])
        name = chance.choice(("file", "anchor"))
        return put("tocsin_incident", 1, column, json.dumps({**bound, name: "other"}))
    if column in ("resolved_at", "status"):
        return put("tocsin_incident", 1, "status", "resolved")
    return put("tocsin_incident", 1, column, other_value(chance, column, rows.incident[column]))


def of_the_runbook(chance: random.Random) -> dict[str, str]:
    return {"shop.md": other_text(chance, WIPES)}


def of_the_workspace(chance: random.Random, workspace: Workspace) -> Workspace:
    """Return the workspace with the target, or what the service gives its steps, altered."""
    (service,) = workspace.services
    names = dict(service.environment)
    others = [
        replace(service, environment={**names, other_text(chance, "NEW"): ""}),
        replace(service, environment={}),
        replace(service, secrets=(other_text(chance, "KEY"),)),
        replace(service, targets=("db",)),
        replace(service, name=other_text(chance, service.name)),
    ]
    if chance.random() < 0.3:
        return replace(workspace, services=(chance.choice(others),))
    here = workspace.targets[0]
    return replace(workspace, targets=(_other_target(chance, here), *workspace.targets[1:]))


def _other_target(chance: random.Random, target: Target) -> Target:
    texts = [each.name for each in fields(Target) if isinstance(getattr(target, each.name), str)]
    name = chance.choice([each for each in texts if each not in ("kind", "profile")] + ["kind"])
    if name == "kind":
        others = [kind for kind in TargetKind if kind is not target.kind]
        return replace(target, kind=chance.choice(others))
    return replace(target, **{name: other_text(chance, getattr(target, name))})


@pytest.mark.timeout(600)
def test_of_ten_thousand_alterations_none_runs(approved: Drill) -> None:
    """Every field and byte of command, rows, approvals, runbook, target and workspace."""
    chance = random.Random(20260105)  # the same alterations each time
    grounds, rows = approved.app.grounds, Rows.of(approved)
    wanted = StepRunId(rows.step_run["id"])
    assert starts(approved, wanted, grounds, nothing), "the control: unaltered, it starts"

    ran = []
    for number in range(MUTATIONS):
        kind = number % 20
        world = grounds
        alter: Callable[[sa.Connection], None] = nothing
        if kind < 10:
            alter = of_the_step_run(rows, chance)
        elif kind < 15:
            alter = of_an_approval(rows, chance)
        elif kind < 16:
            alter = of_the_incident(rows, chance)
        elif kind < 18:
            approved.papers.texts = of_the_runbook(chance)
        else:
            world = replace(grounds, workspace=of_the_workspace(chance, grounds.workspace))
        if starts(approved, wanted, world, alter):
            ran.append((number, alter, approved.papers.texts, world))
        approved.papers.texts = {"shop.md": WIPES}

    assert ran == []
    assert starts(approved, wanted, grounds, nothing), "the control: unaltered, it still starts"


def test_a_replay_is_refused_even_with_its_traces_wiped(approved: Drill) -> None:
    """Used is cleared, the attempt counted back, the step made ready: the timeline knows."""
    approved.run_due()
    done = approved.step_run(WIPE)
    assert done.state is RunState.SUCCEEDED
    approved.clock += timedelta(seconds=1)

    with approved.store.begin() as tx:
        tx.step_runs.put(replace(done, state=RunState.READY, attempt=0, started_at=None, by=""))
        tx.connection.execute(sa.text("UPDATE tocsin_approval SET used_at = NULL"))
    approved.audit()

    assert approved.machine.texts.count("rm -rf /srv/cache") == 1


def test_another_step_run_with_the_approved_command_is_not_approved(approved: Drill) -> None:
    """Copied into a row of its own, with its approvals copied as well."""
    original = approved.step_run(WIPE)
    with approved.store.begin() as tx:
        (twin,) = tx.step_runs.add([original])
        for each in tx.step_runs.approvals(original.id):
            tx.step_runs.approve(replace(each, step_run_id=twin.id))

        started = advance.start(
            tx, approved.app.grounds, twin.id, node=approved.node, now=approved.clock
        )

    assert started is None


def test_an_approval_of_somebody_who_was_revoked_since_is_void(approved: Drill) -> None:
    """Between the click and the start: whoever was let go approves nothing."""
    with approved.store.begin() as tx:
        tx.people.revoke("grace", Grant(role=Role.ADMIN, service=EVERYWHERE))
        tx.people.grant("grace", Grant(role=Role.RESPONDER, service=EVERYWHERE))

    approved.run_due()

    assert approved.machine.texts.count("rm -rf /srv/cache") == 0
    assert approved.step_run(WIPE).state is RunState.WAITING


def test_a_look_that_was_altered_into_a_change_does_not_run(approved: Drill) -> None:
    """What runs with nobody asked is worked out again as well."""
    look = approved.step_run("Look at the payment log")
    assert look.command is not None
    altered = replace(look.command, text="rm -rf /srv/other")

    with approved.store.begin() as tx:
        advance.ready(tx, replace(look, command=altered), now=approved.clock)
    approved.run_due()

    assert "rm -rf /srv/other" not in approved.machine.texts
    assert approved.step_run("Look at the payment log").state is RunState.WAITING


def test_expiry_own_request_and_late_answers_are_refused(approved: Drill) -> None:
    """The other four words of the promise; the clock that goes back has its own tests."""
    approved.sleep(16 * MINUTE)
    assert approved.step_run(WIPE).state is RunState.WAITING
    approved.approve(approved.step_run(RESTART), by="ada")
    ran = approved.step_run(RESTART)
    with approved.store.begin() as tx:
        approve.run_again(tx, approved.app.grounds, ran.id, by="ada", now=approved.clock)

    for said in ({"attempt": 1}, {"repeat": True}):
        with pytest.raises(Problem):
            approved.approve(approved.step_run(RESTART), by="ada", **said)

    assert approved.machine.texts.count("./shopctl restart payments") == 1
    assert approved.incidents[0].id == IncidentId(1)
