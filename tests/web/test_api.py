"""The API as a program sees it."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from tocsin.core.errors import Unavailable
from tocsin.core.incident import Action, Status
from tocsin.core.run import RunState
from tocsin.ports.store import Tx
from tocsin.web import site
from tocsin.web.live import Live
from web.scene import ADA, ALERT, BINDING, OTHER, SOURCE_TOKENS, Scene, playbook


def test_an_incident_tells_everything_about_itself(ada: TestClient, scene: Scene) -> None:
    """What a page, a script and the command line show comes from this one answer."""
    incident_id = scene.incident()
    scene.alert(incident_id, ALERT)
    runs = scene.runs(incident_id, playbook())
    scene.page(incident_id)
    scene.ran(runs[0], "queued | 214\n")

    told = ada.get(f"/v1/incidents/{incident_id}").json()

    assert told["playbook"]["heading"] == "Queue stalled"
    assert told["playbook"]["line"] == 41
    assert "runbooks/jobs.md:41" in told["playbook"]["reason"]
    assert told["alerts"][0]["labels"]["alertname"] == "QueueStalled"
    first = told["steps"][0]
    assert (first["state"], first["exit_status"]) == ("succeeded", 0)
    assert first["output"] == "queued | 214\n"
    assert len(first["fingerprint"]) == 64
    assert told["pages"][0]["deliveries"][0]["state"] == "sent"
    assert [each["seq"] for each in told["timeline"]] == list(range(1, len(told["timeline"]) + 1))
    assert told["deadlines"] == [
        {
            "what": "Respond, or the next page goes out at",
            "at": _written(scene.now + timedelta(minutes=5)),
        }
    ]


def _written(at: object) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")  # type: ignore[attr-defined]


def test_outputs_are_listed_for_one_incident_and_left_out_for_all_together(
    ada: TestClient, scene: Scene
) -> None:
    """All that five hundred open incidents ever printed is not built in memory for a list."""
    incident_id = scene.incident()
    first = scene.runs(incident_id, playbook())[0]
    scene.ran(first, "3 workers\n")

    one = ada.get("/v1/runs", params={"incident": incident_id}).json()["runs"]
    together = ada.get("/v1/runs").json()["runs"]

    assert one[0]["output"] == "3 workers\n"
    assert {run["output"] for run in together} == {None}
    assert [run | {"output": None} for run in one] == together


def test_a_rewritten_statement_shows_both_texts(ada: TestClient, scene: Scene) -> None:
    """Nobody should have to guess what runs instead of what the runbook says."""
    incident_id = scene.incident()
    scene.runs(incident_id, playbook())

    bounded = ada.get("/v1/runs", params={"incident": incident_id}).json()["runs"][4]

    assert bounded["rewritten"] is True
    assert bounded["text"] == "tail -n 100 var/worker.log"
    assert bounded["as_written"] == "tail -f var/worker.log"


def test_open_incidents_come_worst_first_and_all_on_request(ada: TestClient, scene: Scene) -> None:
    """The default is what somebody has to do something about."""
    mild = scene.incident(severity="SEV-3", severity_rank=2)
    over = scene.incident()
    scene.does(over, Action.RESOLVE)
    bad = scene.incident()

    open_ones = ada.get("/v1/incidents").json()["incidents"]
    every_one = ada.get("/v1/incidents", params={"status": "all"}).json()["incidents"]

    assert [each["id"] for each in open_ones] == [bad, mild]
    assert {each["id"] for each in every_one} == {mild, over, bad}


def test_the_life_of_an_incident_by_calls(ada: TestClient, scene: Scene) -> None:
    """Each answer is the incident as it is afterwards; repeating is harmless."""
    incident_id = scene.incident()
    statuses = []

    for verb in (
        "acknowledge",
        "acknowledge",
        "release",
        "mitigate",
        "mitigate",
        "resolve",
        "resolve",
        "reopen",
    ):
        answer = ada.post(f"/v1/incidents/{incident_id}/{verb}")
        assert answer.status_code == 200
        statuses.append(answer.json()["status"])

    assert statuses == [
        "acknowledged",
        "acknowledged",
        "triggered",
        "monitoring",
        "monitoring",
        "resolved",
        "resolved",
        "triggered",
    ]


def test_what_is_not_possible_now_is_a_conflict_with_a_code(ada: TestClient, scene: Scene) -> None:
    """RFC 9457, with our stable code as the type."""
    incident_id = scene.incident()
    ada.post(f"/v1/incidents/{incident_id}/resolve")

    answer = ada.post(f"/v1/incidents/{incident_id}/acknowledge")

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "incident.transition",
        "title": "Not possible now",
        "status": 409,
        "detail": f"Cannot acknowledge incident {incident_id}: it is resolved.",
        "hint": "Reopen it first.",
    }


def test_an_approval_of_another_command_is_refused(ada: TestClient, scene: Scene) -> None:
    """What was looked at and what would run have to be the same."""
    incident_id = scene.incident()
    waiting = scene.runs(incident_id, playbook())[5]
    shown = ada.get("/v1/runs", params={"incident": incident_id}).json()["runs"][5]

    wrong = ada.post(f"/v1/runs/{waiting}/approve", json={"fingerprint": "0" * 64})
    right = ada.post(f"/v1/runs/{waiting}/approve", json={"fingerprint": shown["fingerprint"]})

    assert (wrong.status_code, wrong.json()["type"]) == (409, "approval.other_command")
    assert (right.status_code, right.json()["state"]) == (200, "ready")
    assert right.json()["by"] == ADA


def test_steps_are_skipped_ticked_settled_and_run_again(ada: TestClient, scene: Scene) -> None:
    """Everything a person may say about a step, with the note."""
    incident_id = scene.incident()
    runs = scene.runs(incident_id, playbook())
    scene.ran(runs[0], "")
    with scene.app.store.begin() as tx:
        lost = tx.step_runs.get(runs[6])
        tx.step_runs.put(replace(lost, state=RunState.UNKNOWN))

    skipped = ada.post(f"/v1/runs/{runs[5]}/skip", json={"note": "not needed"}).json()
    ticked = ada.post(f"/v1/runs/{runs[7]}/tick", json={"note": "told them"}).json()
    settled = ada.post(f"/v1/runs/{runs[6]}/settle", json={"succeeded": False}).json()
    again = ada.post(f"/v1/runs/{runs[0]}/run").json()

    assert (skipped["state"], skipped["said"]) == ("skipped", "not needed")
    assert (ticked["state"], ticked["said"]) == ("ticked", "told them")
    assert settled["state"] == "failed"
    assert again["state"] == "ready"


def test_a_note_is_on_the_timeline(ada: TestClient, scene: Scene) -> None:
    """With who wrote it; an empty one is refused."""
    incident_id = scene.incident()

    told = ada.post(f"/v1/incidents/{incident_id}/note", json={"text": "disk is fine"}).json()
    empty = ada.post(f"/v1/incidents/{incident_id}/note", json={"text": "  "})

    newest = told["timeline"][-1]
    assert (newest["actor"], newest["kind"], newest["text"]) == (ADA, "note", "disk is fine")
    assert (empty.status_code, empty.json()["type"]) == (422, "note.empty")


def test_a_playbook_that_is_no_candidate_cannot_be_chosen(ada: TestClient, scene: Scene) -> None:
    """Only what claims the alert is offered."""
    incident_id = scene.incident(binding=None, candidates=(BINDING, OTHER))

    answer = ada.post(f"/v1/incidents/{incident_id}/playbook", json={"anchor": "made-up"})

    assert (answer.status_code, answer.json()["type"]) == (404, "playbook")


def test_the_chain_is_verified_and_a_change_is_found(ada: TestClient, scene: Scene) -> None:
    """Somebody with the database in their hands leaves a trace."""
    incident_id = scene.incident()
    scene.does(incident_id, Action.ACKNOWLEDGE)
    whole = ada.get(f"/v1/incidents/{incident_id}/verify").json()

    scene.rewrite("UPDATE tocsin_timeline SET text = 'nothing happened' WHERE seq = 2")
    broken = ada.get(f"/v1/incidents/{incident_id}/verify").json()

    assert whole == {"whole": True, "said": ""}
    assert broken["whole"] is False
    assert "2" in broken["said"]


def test_a_post_mortem_is_there_once_it_is_resolved(ada: TestClient, scene: Scene) -> None:
    """As Markdown, and 404 with a hint before."""
    incident_id = scene.incident()
    before = ada.get(f"/v1/incidents/{incident_id}/postmortem")
    ada.post(f"/v1/incidents/{incident_id}/resolve")

    after = ada.get(f"/v1/incidents/{incident_id}/postmortem")

    assert (before.status_code, before.json()["type"]) == (404, "postmortem")
    assert after.headers["content-type"].startswith("text/markdown")
    assert after.text.startswith("# Post-mortem")


@pytest.mark.parametrize(
    "number", ["0", "7", "x", "-1", "1.5", "٣", "9" * 30, "9223372036854775808"]
)
@pytest.mark.parametrize("path", ["/v1/incidents/{}", "/v1/incidents/{}/verify"])
def test_what_is_not_there_is_not_found(ada: TestClient, path: str, number: str) -> None:
    """Also for numbers that no database could hold."""
    answer = ada.get(path.format(number))

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"not json", 400, "request.json"),
        (b"\xff\xfe{}", 400, "request.json"),
        (b'{"text": "\\ud800"}', 400, "request.json"),
        (b"[" * 50_000, 422, "request.shape"),
        (b'{"text": 5}', 422, "request.shape"),
        (b"[]", 422, "request.shape"),
        (b"", 422, "request.shape"),
        (b'{"text": "x", "more": 1}', 422, "request.shape"),
        (b'{"text": ' + b"9" * 5000 + b"}", 422, "request.shape"),
        (b'{"text": "a\\u0000b"}', 422, "request.text"),
        (b'{"text": "' + b"x" * 70_000 + b'"}', 413, "request.size"),
    ],
)
def test_bad_input_is_a_problem_and_never_a_defect(
    ada: TestClient, scene: Scene, body: bytes, status: int, code: str
) -> None:
    """Whatever is sent: a code, a sentence, and nothing has changed."""
    incident_id = scene.incident()

    answer = ada.post(f"/v1/incidents/{incident_id}/note", content=body)

    assert (answer.status_code, answer.json()["type"]) == (status, code)


def test_the_document_describes_every_route_of_the_api(ada: TestClient) -> None:
    """OpenAPI 3.1, with what each body looks like."""
    document = ada.get("/v1/openapi.json").json()

    described = {
        (method.upper(), path) for path, those in document["paths"].items() for method in those
    }
    declared = {
        (each.method, each.path)
        for each in site.ROUTES
        if each.path.startswith(("/v1/", "/health"))
    }
    assert declared <= described
    note = document["paths"]["/v1/incidents/{id}/note"]["post"]
    schema = note["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["text"]


def test_health_is_a_real_look_at_the_database(scene: Scene) -> None:
    """A process whose database is gone is not healthy, whatever else works."""

    class Gone:
        def look(self) -> AbstractContextManager[Tx]:
            raise Unavailable("store.locked", "Another process holds the database.")

    broken = replace(scene.app, store=Gone())  # type: ignore[arg-type]
    with TestClient(site.build(scene.app, Live())) as client:
        well = client.get("/health")
    with TestClient(site.build(broken, Live())) as client:
        ill = client.get("/health")

    assert (well.status_code, well.json()) == (200, {"status": "ok"})
    assert ill.status_code == 503
    assert ill.headers["retry-after"] == "1"


def test_what_was_set_aside_can_be_looked_at(ada: TestClient, scene: Scene) -> None:
    """Raw, with the reason: nothing that came is thrown away."""
    body = json.dumps({"version": "4", "alerts": [{"status": "odd"}]}).encode()
    token = {"Authorization": f"Bearer {SOURCE_TOKENS['prod-alertmanager']}"}
    ada.post("/v1/events/alertmanager", content=body, headers=token)

    kept = ada.get("/v1/quarantine").json()["quarantined"]

    assert kept[0]["source"] == "prod-alertmanager"
    assert '"odd"' in kept[0]["raw"]
    assert kept[0]["reason"]


def test_an_incident_shows_its_status_by_the_words_of_the_design(scene: Scene) -> None:
    """The API's words are the core's words."""
    assert [each.value for each in Status] == [
        "triggered",
        "acknowledged",
        "monitoring",
        "resolved",
    ]
