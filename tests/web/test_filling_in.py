"""What the pages and the API make of placeholders."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from web.scene import ADA, BINDING, Scene, asking, playbook, with_playbooks

POD = asking("Pod down", 200, "docker logs --tail 5 <pod>", "Restart it", "docker restart <pod>")


@pytest.fixture
def runs(scene: Scene) -> list[int]:
    """The step runs of a playbook with placeholders: a look and a change."""
    scene.documents.runbook = with_playbooks(POD)
    bound = replace(
        BINDING,
        heading=POD.heading,
        anchor=POD.anchor,
        line=POD.line,
        runbook_sha256=scene.documents.runbook.sha256,
    )
    incident_id = scene.incident(binding=bound)
    return [int(each) for each in scene.runs(incident_id, playbook(POD, with_playbooks(POD)))]


def test_the_page_asks_for_the_value_and_offers_no_approval_before(
    browser: TestClient, scene: Scene, runs: list[int]
) -> None:
    """A button that is refused wastes the time of somebody who has none."""
    page = browser.get("/incidents/1").text

    assert f'action="/runs/{runs[1]}/parameters"' in page
    assert 'name="parameter.POD"' in page
    assert "it needs a value for POD" in page
    assert f'action="/runs/{runs[1]}/approve"' not in page


def test_a_form_fills_it_in_and_a_change_then_waits_for_somebody_else(
    browser: TestClient, ada: TestClient, runs: list[int]
) -> None:
    """Who says of which pod has asked for the change."""
    sent = browser.post(f"/runs/{runs[1]}/parameters", data={"parameter.POD": "payments-1"})
    run = ada.get(f"/v1/runs/{runs[1]}").json()

    assert sent.status_code == 303
    assert run["state"] == "waiting"
    assert run["parameters"][0]["value"] == "payments-1"
    assert run["parameters"][0]["origin"] == ADA
    assert run["asked_by"] == ADA
    assert "payments-1" not in run["text"]


def test_the_api_takes_values_by_name(ada: TestClient, runs: list[int]) -> None:
    """In whatever way the name is written."""
    told = ada.post(f"/v1/runs/{runs[1]}/parameters", json={"values": {"pod": "payments-1"}})

    assert told.status_code == 200
    assert told.json()["unbound"] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"values": {"POD": "a; rm -rf /"}}, 422, "parameter.value"),
        ({"values": {"POD": "-f"}}, 422, "parameter.value"),
        ({"values": {"POD": "a\0"}}, 422, "parameter.value"),
        ({"values": {"POD": "a\u202eb"}}, 422, "parameter.value"),
        ({"values": {"HOST": "a"}}, 422, "parameter.name"),
        ({"values": {"POD": 7}}, 422, "request.shape"),
        ({}, 422, "request.shape"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    ada: TestClient, runs: list[int], body: object, status: int, code: str
) -> None:
    """And nothing of it is kept."""
    told = ada.post(f"/v1/runs/{runs[1]}/parameters", json=body)

    assert (told.status_code, told.json()["type"]) == (status, code)
    assert ada.get(f"/v1/runs/{runs[1]}").json()["parameters"][0]["value"] is None


def test_without_a_value_it_cannot_be_approved(ada: TestClient, runs: list[int]) -> None:
    """Not even with its fingerprint."""
    run = ada.get(f"/v1/runs/{runs[1]}").json()
    sent = {"fingerprint": run["fingerprint"]}
    told = ada.post(f"/v1/runs/{runs[1]}/approve", json=sent)

    assert (told.status_code, told.json()["type"]) == (409, "approval.unbound")


def test_the_card_names_the_value_and_not_the_variable(
    browser: TestClient, ada: TestClient, runs: list[int]
) -> None:
    """What is touched is a pod, not a name in the environment; nor is `restart` touched."""
    before = ada.get(f"/v1/runs/{runs[1]}").json()
    browser.post(f"/runs/{runs[1]}/parameters", data={"parameter.POD": "payments-1"})
    after = ada.get(f"/v1/runs/{runs[1]}").json()

    assert before["touches"] == ["<pod>"]
    assert after["touches"] == ["payments-1"]
