"""What the pages and the API make of a step on several hosts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from tocsin.core.ids import StepRunId
from tocsin.core.run import HostRun, RunState
from web.scene import Scene, playbook

NASTY = "<script>alert(1)</script>\u202e"


@pytest.fixture
def run_id(scene: Scene) -> StepRunId:
    """A look that succeeded on one host and failed on another."""
    (first, *_) = scene.runs(scene.incident(), playbook())
    scene.ran(first, "a line\n", status=1)
    with scene.app.store.begin() as tx:
        run = tx.step_runs.get(first)
        assert run.command is not None
        tx.step_runs.put(replace(run, command=replace(run.command, hosts=("web1", "web2"))))
        done = HostRun(step_run_id=first, attempt=1, host="web1", state=RunState.SUCCEEDED)
        failed = replace(done, host="web2", state=RunState.FAILED, exit_status=7, said=NASTY)
        assert tx.step_runs.begin_on(done)
        assert tx.step_runs.begin_on(failed)
    return first


def test_the_api_tells_each_host(ada: TestClient, run_id: StepRunId) -> None:
    """A script that restarts what failed has to know where."""
    run = ada.get("/v1/runs?incident=1").json()["runs"][0]

    assert run["hosts"] == ["web1", "web2"]
    assert [each["host"] for each in run["host_runs"]] == ["web1", "web2"]
    assert run["host_runs"][1]["exit_status"] == 7
    steps = ada.get("/v1/incidents/1").json()["steps"]
    assert steps[0]["host_runs"] == run["host_runs"]


def test_the_page_tells_each_host_and_escapes_what_it_said(
    browser: TestClient, run_id: StepRunId
) -> None:
    """What a machine says is as hostile as any output."""
    page = browser.get("/incidents/1").text

    assert "<b>web2</b> exit 7" in page
    assert "<script>alert(1)" not in page
    assert "\u202e" not in page
    assert "Run again where it has not succeeded" in page


def test_the_button_runs_it_again_where_it_failed(
    browser: TestClient, ada: TestClient, scene: Scene, run_id: StepRunId
) -> None:
    """And nowhere else: the other machine has had it."""
    sent = browser.post(f"/runs/{run_id}/again", data={"failed": "yes"})

    assert sent.status_code == 303
    with scene.app.store.look() as tx:
        command = tx.step_runs.get(run_id).command
    assert command is not None
    assert command.hosts == ("web2",)


@pytest.mark.parametrize(
    ("body", "status", "hosts"),
    [
        ({"failed_only": True}, 200, ["web2"]),
        ({"hosts": ["web1"]}, 200, ["web1"]),
        ({}, 200, ["web1", "web2"]),
        ({"hosts": ["web9"]}, 409, None),
        ({"hosts": ["web1"], "failed_only": True}, 409, None),
        ({"hosts": "web1"}, 422, None),
    ],
)
def test_the_api_takes_hosts_of_the_step_and_no_others(
    ada: TestClient,
    run_id: StepRunId,
    body: dict[str, object],
    status: int,
    hosts: list[str] | None,
) -> None:
    """A name that is sent must not become a machine that nobody listed."""
    answer = ada.post(f"/v1/runs/{run_id}/run", json=body)

    assert answer.status_code == status
    assert answer.json().get("hosts") == hosts
