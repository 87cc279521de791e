"""The console as a browser without scripts sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from tocsin.core.ids import PageId
from tocsin.core.incident import Action, Status
from tocsin.core.run import RunState
from tocsin.core.runbook import Finding
from tocsin.paging import links
from tocsin.web import site
from tocsin.web.live import Live
from web.scene import ADA, ALERT, BINDING, FILE, GRACE, KEY, OTHER, TOKENS, Scene, playbook

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}"


def status_of(scene: Scene, incident_id: int) -> Status:
    """Return where the incident stands."""
    with scene.app.store.look() as tx:
        return tx.incidents.get(incident_id).status  # type: ignore[arg-type]


def state_of(scene: Scene, step_run_id: int) -> RunState:
    """Return how far the step run has come."""
    with scene.app.store.look() as tx:
        return tx.step_runs.get(step_run_id).state  # type: ignore[arg-type]


def test_an_empty_board_says_what_to_do_next(browser: TestClient) -> None:
    """The first thing a new team sees must not be a blank page."""
    page = browser.get("/").text

    assert "All quiet" in page
    assert "tocsin alert send" in page


def test_the_board_shows_the_worst_first_and_who_has_it(browser: TestClient, scene: Scene) -> None:
    """Severity, status, holder, what waits, and the next deadline."""
    mild = scene.incident(title="Mail bounces", severity="SEV-3", severity_rank=2)
    scene.does(mild, Action.ACKNOWLEDGE, GRACE)
    bad = scene.incident(title="Queue stands")
    scene.runs(bad, playbook())

    page = browser.get("/").text

    assert page.index("Queue stands") < page.index("Mail bounces")
    assert "2 open incidents" in page
    assert "grace has it" in page
    assert "nobody has it" in page
    assert "2 steps waiting for approval" in page
    assert "Respond, or the next page goes out at" in page


def test_the_board_says_what_is_wrong_with_us(browser: TestClient, scene: Scene) -> None:
    """No sandbox, or a runbook that could not be read, must not be found out at night."""
    scene.documents.findings.append((FILE, Finding(code="x", line=3, message="Fence not closed.")))
    scene.app = replace(scene.app, sandbox_missing="bubblewrap is not installed.")
    with TestClient(site.build(scene.app, Live())) as client:
        headers = {"Authorization": f"Bearer {TOKENS[ADA]}"}
        page = client.get("/", headers=headers).text

    assert "bubblewrap is not installed." in page
    assert "Fence not closed." in page
    assert f"{FILE}:3" in page


def test_the_next_decision_is_at_the_top(browser: TestClient, scene: Scene) -> None:
    """One approval in full, the others as links: at three in the morning that is enough."""
    incident_id = scene.incident()
    runs = scene.runs(incident_id, playbook())

    page = browser.get(f"/incidents/{incident_id}").text

    waiting = page[page.index("Waiting for you") : page.index('id="steps"')]
    assert f'action="/runs/{runs[5]}/approve"' in waiting
    assert f'action="/runs/{runs[6]}/approve"' not in waiting
    assert f'href="#step-{runs[6]}"' in waiting
    assert page.count(f'id="approve-{runs[5]}"') == 1
    assert page.count(f'id="approve-{runs[6]}"') == 1


def test_an_outcome_nobody_knows_comes_before_any_approval(
    browser: TestClient, scene: Scene
) -> None:
    """Whether the last change happened decides whether the next one is right."""
    incident_id = scene.incident()
    runs = scene.runs(incident_id, playbook())
    with scene.app.store.begin() as tx:
        lost = tx.step_runs.get(runs[6])
        tx.step_runs.put(replace(lost, state=RunState.UNKNOWN, by=ADA, started_at=scene.now))

    page = browser.get(f"/incidents/{incident_id}").text

    assert page.index(f'action="/runs/{runs[6]}/settle"') < page.index("Approve?")
    answer = browser.post(f"/runs/{runs[6]}/settle", data={"as": "succeeded", "note": "it did"})
    assert answer.headers["location"] == f"/incidents/{incident_id}#step-{runs[6]}"
    assert state_of(scene, runs[6]) is RunState.SUCCEEDED


def test_an_incident_is_worked_without_any_script(browser: TestClient, scene: Scene) -> None:
    """Every change is a form that posts and comes back with 303."""
    incident_id = scene.incident()
    runs = scene.runs(incident_id, playbook())
    page = browser.get(f"/incidents/{incident_id}").text
    start = page.index('name="fingerprint" value="') + len('name="fingerprint" value="')
    fingerprint = page[start : start + 64]

    answers = [
        browser.post(f"/incidents/{incident_id}/acknowledge"),
        browser.post(f"/runs/{runs[5]}/approve", data={"fingerprint": fingerprint}),
        browser.post(f"/runs/{runs[6]}/close", data={"as": "skipped", "note": "runs already"}),
        browser.post(f"/runs/{runs[7]}/close", data={"as": "done", "note": "told them"}),
        browser.post(f"/incidents/{incident_id}/note", data={"text": "back to normal"}),
        browser.post(f"/incidents/{incident_id}/resolve"),
    ]

    assert {each.status_code for each in answers} == {303}
    assert status_of(scene, incident_id) is Status.RESOLVED
    states = [state_of(scene, runs[number]) for number in (5, 6, 7)]
    assert states == [RunState.READY, RunState.SKIPPED, RunState.TICKED]
    assert "back to normal" in browser.get(f"/incidents/{incident_id}").text


def test_a_script_gets_the_parts_and_the_problem_as_a_notice(
    browser: TestClient, scene: Scene
) -> None:
    """htmx puts each part in its place; nothing but those parts is sent."""
    incident_id = scene.incident()
    by_script = {"HX-Request": "true"}

    taken = browser.post(f"/incidents/{incident_id}/acknowledge", headers=by_script)
    browser.post(f"/incidents/{incident_id}/resolve", headers=by_script)
    late = browser.post(f"/incidents/{incident_id}/acknowledge", headers=by_script)

    assert taken.text.startswith('<hx-partial hx-target="#notice"')
    assert "ada has it" in taken.text
    assert "<html" not in taken.text
    assert late.status_code == 409
    assert late.text.startswith('<hx-partial hx-target="#notice"')
    assert "it is resolved" in late.text


def test_a_problem_is_a_page_with_a_way_on(browser: TestClient, scene: Scene) -> None:
    """What happened and what to try, not a code."""
    incident_id = scene.incident()
    browser.post(f"/incidents/{incident_id}/resolve")

    answer = browser.post(f"/incidents/{incident_id}/release")

    assert answer.status_code == 409
    assert "Reopen it first." in answer.text
    assert 'href="/"' in answer.text


def test_an_incident_that_several_playbooks_claim_asks(browser: TestClient, scene: Scene) -> None:
    """All of them, each with a button and where it stands."""
    incident_id = scene.incident(
        binding=None, candidates=(BINDING, OTHER), reason="two playbooks name QueueStalled"
    )

    page = browser.get(f"/incidents/{incident_id}").text

    assert "Which playbook fits?" in page
    assert "two playbooks name QueueStalled" in page
    assert f'value="{FILE}#queue-stalled"' in page
    assert f"{FILE}:118" in page


def test_hostile_text_stays_text_everywhere(browser: TestClient, scene: Scene) -> None:
    """Titles, labels, annotations, outputs, notes, reasons: none of it becomes markup."""
    incident_id = scene.incident(title=HOSTILE, severity=HOSTILE, reason=HOSTILE)
    hostile = HOSTILE.replace('"', '\\"').encode()
    scene.alert(
        incident_id,
        ALERT.replace(b"jobs-1.internal:8650", hostile).replace(b"No job has", hostile),
    )
    runs = scene.runs(incident_id, [replace(each, label=HOSTILE) for each in playbook()])
    scene.ran(runs[0], HOSTILE * 20)
    with scene.app.store.begin() as tx:
        tx.incidents.put(replace(tx.incidents.get(incident_id), service=HOSTILE))
    scene.says(runs[0], "\n" * 40 + HOSTILE)
    scene.page(incident_id, reason=HOSTILE)
    browser.post(f"/incidents/{incident_id}/note", data={"text": HOSTILE})
    browser.post(f"/incidents/{incident_id}/resolve")

    for path in ("/", f"/incidents/{incident_id}", f"/incidents/{incident_id}/postmortem"):
        page = browser.get(path).text
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
        assert "&lt;script&gt;" in page, path
        assert "{{7*7}}" in page, path


def test_a_title_cannot_turn_its_own_text_around(browser: TestClient, scene: Scene) -> None:
    """Direction marks come from labels, too; they are written out."""
    incident_id = scene.incident(title="Evil \u202egnp.exe")

    for path in ("/", f"/incidents/{incident_id}"):
        body = browser.get(path).text.partition("<main")[2]
        assert "\u202e" not in body
        assert "U+202E" in body


def test_the_post_mortem_is_a_page_and_a_file(browser: TestClient, scene: Scene) -> None:
    """Rendered to read, raw to take away; links to scripts are not made."""
    incident_id = scene.incident(title="[click](javascript:alert(1))")
    browser.post(f"/incidents/{incident_id}/resolve")

    page = browser.get(f"/incidents/{incident_id}/postmortem")
    raw = browser.get(f"/incidents/{incident_id}/postmortem.md")

    assert "<h1>Post-mortem" in page.text
    assert 'href="javascript' not in page.text
    assert raw.headers["content-disposition"] == (
        f'attachment; filename="postmortem-{incident_id}.md"'
    )


def token_for(scene: Scene, page_id: int, person: str = ADA) -> str:
    """Return the token of a page's link."""
    link = links.Link(page_id=PageId(page_id), person=person)
    return links.write(KEY, link, now=scene.now)


def test_opening_the_link_of_a_page_never_acknowledges(anonymous: TestClient, scene: Scene) -> None:
    """Mail scanners open links, and one of them must not stop an escalation."""
    incident_id = scene.incident()
    runs = scene.runs(incident_id, playbook())
    scene.ran(runs[0], "queued | 214\n")
    token = token_for(scene, scene.page(incident_id))

    opened = anonymous.get(f"/page/{token}")

    assert opened.status_code == 200
    assert "QueueStalled on jobs" in opened.text
    assert "queued | 214" in opened.text
    assert "Acknowledge as ada" in opened.text
    assert status_of(scene, incident_id) is Status.TRIGGERED


def test_the_button_behind_the_link_acknowledges_as_its_person(
    anonymous: TestClient, scene: Scene
) -> None:
    """Without a login and without scripts; doing it twice is harmless."""
    incident_id = scene.incident()
    token = token_for(scene, scene.page(incident_id))

    first = anonymous.post(f"/page/{token}")
    anonymous.post(f"/page/{token}")

    assert (first.status_code, first.headers["location"]) == (303, f"/page/{token}")
    assert "You have it, ada" in anonymous.get(f"/page/{token}").text
    with scene.app.store.look() as tx:
        assert tx.incidents.get(incident_id).acknowledged_by == ADA
        said = [each.text for each in tx.timeline.of_incident(incident_id)]
    assert said.count("acknowledged") == 1


@pytest.mark.parametrize("spoil", ["forge", "wait", "leave", "invent"])
def test_a_link_that_is_not_valid_says_so_and_nothing_else(
    anonymous: TestClient, scene: Scene, spoil: str
) -> None:
    """Forged, expired, of somebody who left, or for a page that is not: no details."""
    incident_id = scene.incident()
    page_id = scene.page(incident_id)
    token = token_for(scene, page_id, "mallory" if spoil == "leave" else ADA)
    if spoil == "forge":
        token = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    if spoil == "invent":
        token = token_for(scene, 999)
    if spoil == "wait":
        scene.now += timedelta(days=2)

    shown = anonymous.get(f"/page/{token}")
    posted = anonymous.post(f"/page/{token}")

    for answer in (shown, posted):
        assert 400 <= answer.status_code < 500
        assert "QueueStalled" not in answer.text
    assert status_of(scene, incident_id) is Status.TRIGGERED


def test_a_link_acknowledges_nothing_once_it_is_over(anonymous: TestClient, scene: Scene) -> None:
    """It says that there is nothing to do."""
    incident_id = scene.incident()
    token = token_for(scene, scene.page(incident_id))
    scene.does(incident_id, Action.RESOLVE)

    assert "Nothing to do." in anonymous.get(f"/page/{token}").text
    assert anonymous.post(f"/page/{token}").status_code == 409


def test_pages_load_only_from_us_and_hold_no_inline_script_or_style(
    browser: TestClient, scene: Scene
) -> None:
    """The policy would block it; better that there is none."""
    incident_id = scene.incident()
    scene.runs(incident_id, playbook())

    for path in ("/", f"/incidents/{incident_id}", "/login"):
        page = browser.get(path).text
        assert " style=" not in page
        assert "<style" not in page
        assert "onclick" not in page
        assert "http://" not in page.replace("http://127.0.0.1:8650/health", "")
        assert "https://" not in page


@pytest.mark.parametrize("attempt", ["9" * 5000, "-1", "1.5", "next"])
def test_an_attempt_that_is_no_number_is_refused(
    browser: TestClient, scene: Scene, attempt: str
) -> None:
    """A form that somebody has altered is not a defect of ours, and approves nothing."""
    runs = scene.runs(scene.incident(), playbook())
    fingerprint = browser.get(f"/v1/runs/{runs[5]}").json()["fingerprint"]

    sent = {"fingerprint": fingerprint, "attempt": attempt}
    answer = browser.post(f"/runs/{runs[5]}/approve", data=sent)

    assert answer.status_code == 422
