"""The card: what a person sees before approving, over the API and on the page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.incident import Action
from tocsin.core.run import RunState
from tocsin.core.runbook import Playbook
from tocsin.running import approve
from tocsin.running.card import differences
from web import scene as scenes
from web.scene import BINDING, GRACE, MINUTE, Scene

WIPES = scenes.asking("Disk full", 120, "df -h /srv", "Remove old imports", "rm -rf /srv/jobs/old")
STARTS = scenes.asking("Feed stalled", 140, "uptime", "Start the feed", "./jobs feed --batch 50")
HIDES = scenes.asking("Leak", 180, "uptime", "Recycle", "./jobs recycle \u202e# \u0430ll")


def opened(scene: Scene, asked: Playbook) -> tuple[IncidentId, list[StepRunId]]:
    """Return an incident that follows this playbook, and its step runs."""
    scene.documents.runbook = scenes.with_playbooks(WIPES, STARTS, HIDES, asked)
    binding = replace(BINDING, anchor=asked.anchor, heading=asked.heading, line=asked.line)
    incident_id = scene.incident(binding=binding, title=asked.heading)
    return incident_id, scene.runs(incident_id, scenes.playbook(asked, scene.documents.runbook))


def test_it_says_what_where_how_and_runs_nothing(ada: TestClient, scene: Scene) -> None:
    """A dry run is a look at the same card."""
    _, runs = opened(scene, WIPES)
    scene.ran(runs[0], "/srv 100% full\n")

    card = ada.get(f"/v1/runs/{runs[1]}").json()

    assert card["command"]["text"] == "rm -rf /srv/jobs/old"
    assert card["command"]["argv"][-1] == "rm -rf /srv/jobs/old"
    assert card["command"]["fingerprint"] == card["fingerprint"]
    assert card["command"]["limits"]["seconds"] > 0
    assert card["touches"] == ["/srv/jobs/old"]
    assert (card["risk"], card["needed"], card["given"]) == ("destroy", 2, [])
    assert [each["output"] for each in card["evidence"]] == ["/srv 100% full\n"]
    assert (card["against"], card["state"]) == ([], "waiting")


def test_it_says_what_differs_from_the_last_time(ada: TestClient, scene: Scene) -> None:
    """Word by word, whichever incident that was in."""
    statement = replace(STARTS.steps[1].statements[0], text="./jobs feed --batch 500")
    step = replace(STARTS.steps[1], statements=(statement,))
    first, runs = opened(scene, replace(STARTS, steps=(STARTS.steps[0], step)))
    scene.approves(runs[1], GRACE)
    scene.ran(runs[1], "started\n")
    scene.now += 60 * MINUTE

    _, later = opened(scene, STARTS)
    card = ada.get(f"/v1/runs/{later[1]}").json()

    assert (card["earlier"]["incident"], card["earlier"]["by"]) == (first, GRACE)
    changed = [(each["kind"], each["text"]) for each in card["differs"] if each["kind"] != "same"]
    assert changed == [("gone", "500"), ("new", "50")]


def test_another_statement_of_the_same_step_is_not_the_last_time(
    ada: TestClient, scene: Scene
) -> None:
    """A warning that says "it differs" each time is one that nobody reads."""
    start = STARTS.steps[1]
    stop = replace(start.statements[0], text="./jobs halt", start=139, end=139)
    step = replace(start, statements=(stop, *start.statements))
    _, runs = opened(scene, replace(STARTS, steps=(STARTS.steps[0], step)))
    scene.approves(runs[1], GRACE)
    scene.ran(runs[1], "halted\n")

    card = ada.get(f"/v1/runs/{runs[2]}").json()

    assert card["command"]["text"] == "./jobs feed --batch 50"
    assert (card["earlier"], card["differs"]) == (None, [])


def test_what_chooses_what_an_unknown_program_does_is_not_named(
    ada: TestClient, scene: Scene
) -> None:
    """Nor are bare numbers: neither is touched."""
    words = "./jobs feed restart --partner north --from last-good --batch 50"
    _, runs = opened(scene, scenes.asking("Feed slow", 200, "uptime", "Restart it", words))

    card = ada.get(f"/v1/runs/{runs[1]}").json()

    assert card["touches"] == ["north", "last-good"]
    assert card["command"]["way"] == "a warden, which ends all that it started"


def test_it_warns_of_a_repeat_and_of_what_hides(ada: TestClient, scene: Scene) -> None:
    """Each in a sentence."""
    _, runs = opened(scene, STARTS)
    scene.approves(runs[1])
    scene.ran(runs[1], "started\n")
    _, again = opened(scene, STARTS)
    _, hidden = opened(scene, HIDES)

    assert "The same was started" in ada.get(f"/v1/runs/{again[1]}").json()["repeats"]
    card = ada.get(f"/v1/runs/{hidden[1]}").json()
    assert "⟨U+202E⟩" in card["written_out"]
    assert any("cyrillic" in each for each in card["oddities"])


def test_a_changed_runbook_is_shown_as_it_stands_and_approved_so(
    ada: TestClient, scene: Scene
) -> None:
    """What is on the card is what the button approves."""
    _, runs = opened(scene, STARTS)
    scene.documents.runbook = replace(scene.documents.runbook, sha256="6" * 64)

    card = ada.get(f"/v1/runs/{runs[1]}").json()
    answer = ada.post(f"/v1/runs/{runs[1]}/approve", json={"fingerprint": card["fingerprint"]})

    assert card["changed"] == "The runbook has changed since it was read."
    assert answer.status_code == 200
    assert answer.json()["state"] == "ready"


def test_the_page_asks_for_the_first_of_two_and_tells_the_second_who_was_first(
    browser: TestClient, scene: Scene
) -> None:
    """Without scripts: forms and links."""
    incident_id, runs = opened(scene, WIPES)

    page = browser.get(f"/incidents/{incident_id}").text
    assert "Approve as the first of two" in page
    assert "Emergency: break the glass" in page
    scene.approves(runs[1], GRACE)
    page = browser.get(f"/incidents/{incident_id}").text

    assert "Approve as the second, and run once" in page
    assert "<b>grace</b> approved" in page


def test_whoever_approved_already_is_not_asked_again(browser: TestClient, scene: Scene) -> None:
    """But told that somebody else is."""
    incident_id, runs = opened(scene, WIPES)
    scene.approves(runs[1])

    page = browser.get(f"/incidents/{incident_id}").text

    assert "You have approved it; somebody else has to" in page
    assert f"approve-{runs[1]}" not in page


def test_a_repeat_has_to_be_ticked(browser: TestClient, scene: Scene) -> None:
    """The box is part of the form, and the server asks for it, too."""
    _, runs = opened(scene, STARTS)
    scene.approves(runs[1])
    scene.ran(runs[1], "started\n")
    incident_id, again = opened(scene, STARTS)
    with scene.app.store.look() as tx:
        command = tx.step_runs.get(again[1]).command
    assert command is not None
    form = {"fingerprint": command.fingerprint(), "attempt": "1"}

    assert 'name="repeat"' in browser.get(f"/incidents/{incident_id}").text
    refused = browser.post(f"/runs/{again[1]}/approve", data=form)
    taken = browser.post(f"/runs/{again[1]}/approve", data={**form, "repeat": "yes"})

    assert (refused.status_code, taken.status_code) == (409, 303)


def test_a_hold_shows_on_the_page_and_refuses(browser: TestClient, scene: Scene) -> None:
    """Set and lifted by forms, each with a reason."""
    incident_id, _ = opened(scene, WIPES)

    browser.post(f"/incidents/{incident_id}/hold", data={"reason": "a breach"})
    page = browser.get(f"/incidents/{incident_id}").text
    assert "Evidence is held: nothing may be destroyed." in page
    assert "Nothing may be destroyed: a breach" in page
    assert browser.post(f"/incidents/{incident_id}/unhold", data={"reason": ""}).status_code == 422
    browser.post(f"/incidents/{incident_id}/unhold", data={"reason": "copies are made"})

    assert "Evidence is held" not in browser.get(f"/incidents/{incident_id}").text


def test_a_stop_stands_on_every_page_until_it_is_lifted(browser: TestClient, scene: Scene) -> None:
    """Board and incident, with who, when and why."""
    incident_id, _ = opened(scene, WIPES)

    browser.post("/stop", data={"reason": "a wrong runbook"})
    scene.does(incident_id, Action.RESOLVE)
    for path in ("/", f"/incidents/{incident_id}", f"/incidents/{incident_id}/postmortem"):
        assert "Everything is stopped." in browser.get(path).text
        assert "a wrong runbook" in browser.get(path).text
    browser.post("/stop/lift", data={"reason": "it was right"})

    assert "Everything is stopped." not in browser.get("/").text


def test_a_late_answer_is_refused(ada: TestClient, scene: Scene) -> None:
    """The card was of an attempt that has run since."""
    _, runs = opened(scene, STARTS)
    scene.approves(runs[1])
    scene.ran(runs[1], "started\n")
    with scene.app.store.begin() as tx:
        again = approve.run_again(tx, scene.app.grounds, runs[1], by=GRACE, now=scene.now)
    assert again.state is RunState.WAITING and again.command is not None

    body = {"fingerprint": again.command.fingerprint(), "attempt": 1, "repeat": True}
    answer = ada.post(f"/v1/runs/{runs[1]}/approve", json=body)

    assert (answer.status_code, answer.json()["type"]) == (409, "approval.late")


@pytest.mark.parametrize("path", ["/v1/runs/999", "/v1/runs/x"])
def test_a_step_run_that_is_not_there(ada: TestClient, path: str) -> None:
    """Is said not to be."""
    assert ada.get(path).status_code == 404


@pytest.mark.timeout(20)
def test_two_long_texts_are_shown_whole_beside_each_other() -> None:
    """Comparing them word by word would take minutes, in which nobody sees the card."""
    old, new = "a " * 10_000, "b " + "a " * 9_999

    assert [(each.kind, each.text) for each in differences(old, new)] == [
        ("gone", old),
        ("new", new),
    ]
