"""What the pages and the API make of a look in the runbook's own words."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tocsin.core.ids import StepRunId
from web import scene as scenes
from web.scene import ADA, Scene
from web.test_card import opened

LOG = scenes.asking("Feed stalled", 140, "sudo tail -n 5 feed.log", "Start it", "./jobs feed")
BUTTON = "Ask for it as written"


@pytest.fixture
def looked(scene: Scene) -> StepRunId:
    """A look that has run without the rights that the runbook gives it."""
    _, runs = opened(scene, LOG)
    scene.ran(runs[0], "tail: cannot open 'feed.log': Permission denied\n", status=1)
    return runs[0]


def test_the_api_takes_the_wish_and_an_approval_of_exactly_these_words(
    ada: TestClient, looked: StepRunId
) -> None:
    """Asked for and approved by one person: it is the runbook's, and it looks."""
    asked = ada.post(f"/v1/runs/{looked}/run", json={"as_written": True}).json()

    assert (asked["state"], asked["text"]) == ("waiting", "sudo tail -n 5 feed.log")
    assert (asked["asked_as_written"], asked["rewritten"]) == (True, False)
    assert asked["said"] == f"{ADA} wants it as it is written"
    card = ada.get(f"/v1/runs/{looked}").json()
    assert (card["against"], card["asked_by"], card["needed"]) == ([], "", 1)
    assert card["command"]["sandbox"].startswith("none")
    said = {"fingerprint": asked["fingerprint"]}
    assert ada.post(f"/v1/runs/{looked}/approve", json=said).json()["state"] == "ready"


def test_the_page_offers_it_beside_running_it_again(
    browser: TestClient, ada: TestClient, looked: StepRunId
) -> None:
    """Where somebody reads "permission denied", and only where the form differs."""
    assert browser.get("/incidents/1").text.count(BUTTON) == 1

    sent = browser.post(f"/runs/{looked}/again", data={"as_written": "yes"})

    assert sent.status_code == 303
    assert ada.get(f"/v1/runs/{looked}").json()["asked_as_written"]
    page = browser.get("/incidents/1").text
    assert BUTTON not in page
    assert "Approve and run once" in page
    assert "Back to its usual form" in page


def test_the_page_takes_it_back(browser: TestClient, ada: TestClient, looked: StepRunId) -> None:
    """Nobody has to wait for an approval that is not needed any more."""
    browser.post(f"/runs/{looked}/again", data={"as_written": "yes"})
    browser.post(f"/runs/{looked}/again")

    run = ada.get(f"/v1/runs/{looked}").json()
    assert (run["state"], run["text"]) == ("ready", "tail -n 5 feed.log")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [({"as_written": "yes"}, 422, "request.shape"), ({"as_written": True}, 409, "run.state")],
)
def test_what_cannot_be_asked_is_refused_by_name(
    ada: TestClient, scene: Scene, body: dict[str, object], status: int, code: str
) -> None:
    """A word is no yes, and what has not run yet has failed at nothing."""
    _, runs = opened(scene, LOG)

    answer = ada.post(f"/v1/runs/{runs[0]}/run", json=body)

    assert (answer.status_code, answer.json()["type"]) == (status, code)
