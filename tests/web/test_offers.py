"""Pages offer to each exactly what the gate would let them do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from tocsin.core.ids import IncidentId
from tocsin.core.incident import Action
from tocsin.core.rights import Grant, Permission, Rights, Role
from tocsin.core.run import RunState
from tocsin.core.runbook import Playbook
from tocsin.running import approve, hold, stop
from tocsin.web import gate, site
from tocsin.web.gate import On
from tocsin.web.live import Live
from users import let_in
from web import scene as scenes
from web.scene import ADA, BINDING, GRACE, OTHER, Scene, playbook

STARTS = scenes.asking("Feed stalled", 140, "uptime", "Start the feed", "./jobs feed --batch 50")
WIPES = scenes.asking("Disk full", 120, "df -h /srv", "Remove old imports", "rm -rf /srv/jobs/old")
FORM = re.compile(r'<form method="post" action="([^"]+)"')
NAME = "linus"
GRANTS = (
    Grant(role=Role.VIEWER, service="jobs"),
    Grant(role=Role.RESPONDER, service="jobs"),
    Grant(role=Role.APPROVER, service="jobs"),
    Grant(role=Role.APPROVER),
    Grant(role=Role.ADMIN),
)


@contextmanager
def seen_by(scene: Scene, *grants: Grant, name: str = NAME) -> Iterator[TestClient]:
    """Let somebody in with these grants; yield their browser."""
    token = f"token-of-{name}"
    with scene.app.store.begin() as tx:
        let_in(tx, name, token, at=scene.now, role=None)
        for each in grants:
            tx.people.grant(name, each)
    application = site.build(scene.app, Live())
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(application, headers=headers, follow_redirects=False) as client:
        yield client


def opened(scene: Scene, asked: Playbook = WIPES) -> IncidentId:
    """Return an incident of which a step waits for an approval."""
    scene.documents.runbook = scenes.with_playbooks(asked)
    binding = replace(BINDING, anchor=asked.anchor, heading=asked.heading, line=asked.line)
    incident_id = scene.incident(binding=binding, title=asked.heading)
    runs = scene.runs(incident_id, scenes.playbook(asked, scene.documents.runbook))
    scene.ran(runs[0], "/srv 100% full\n")
    return incident_id


def worked_on(scene: Scene) -> list[str]:
    """Return the pages of a night with everything in it that somebody could be asked."""
    opened(scene)
    busy = scene.incident()
    runs = scene.runs(busy, playbook())
    scene.ran(runs[0], "running | 1\n")
    scene.approves(runs[5])
    scene.starts(runs[5])
    with scene.app.store.begin() as tx:
        lost = tx.step_runs.get(runs[6])
        tx.step_runs.put(replace(lost, state=RunState.UNKNOWN, by=ADA, started_at=scene.now))
    held = scene.incident(binding=None, candidates=(BINDING, OTHER))
    over = scene.incident(title="Over")
    scene.does(over, Action.RESOLVE)
    with scene.app.store.begin() as tx:
        hold.hold(tx, held, "the police asks", by=ADA, now=scene.now)
        numbers = [each.id for each in tx.incidents.newest(10)]
    return ["/", *(f"/incidents/{each}" for each in numbers)]


def offered(client: TestClient, pages: list[str]) -> set[str]:
    """Return where the forms of those pages lead."""
    found = set[str]()
    for each in pages:
        answer = client.get(each)
        assert answer.status_code == 200
        found |= set(FORM.findall(answer.text))
    return found - {"/logout"}


def allowed(where: str, rights: Rights) -> bool:
    """Whether the gate would let a form through that leads there."""
    path = re.sub(r"/\d+", "/{id}", where)
    (route,) = [each for each in site.ROUTES if (each.method, each.path) == ("POST", path)]
    assert isinstance(route.needs, Permission)
    assert isinstance(route.on, On)
    return gate.allows(route.needs, route.on, rights, "jobs")


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("held", GRANTS, ids=str)
def test_nobody_is_offered_more_or_less_than_they_may(
    scene: Scene, held: Grant, stopped: bool
) -> None:
    """A button that would be refused costs time at night, and one that is missing costs more."""
    pages = worked_on(scene)
    if stopped:
        with scene.app.store.begin() as tx:
            stop.stop(tx, "wrong host", by=ADA, now=scene.now)
    with seen_by(scene, Grant(role=Role.ADMIN), name="root") as admin:
        everything = offered(admin, pages)

    with seen_by(scene, held) as client:
        theirs = offered(client, pages)

    kinds = {each.rpartition("/")[2] for each in everything}
    assert kinds >= {"settle", "close", "again", "reopen", "playbook", "unhold", "hold", "note"}
    assert kinds >= ({"lift"} if stopped else {"stop", "approve"})
    assert theirs == {each for each in everything if allowed(each, Rights(grants=(held,)))}


def test_a_viewer_is_told_what_it_takes(scene: Scene) -> None:
    """A page without buttons must not look broken."""
    incident_id = opened(scene)

    with seen_by(scene, Grant(role=Role.VIEWER, service="jobs")) as viewer:
        page = viewer.get(f"/incidents/{incident_id}").text

    assert "You may look here; to respond you need the role responder on jobs." in page
    assert "Waiting for you" not in page
    assert "/srv/jobs/old" in page


def test_a_responder_sees_the_card_and_who_can_approve(scene: Scene) -> None:
    """Whom to wake for it is what somebody without the right needs next."""
    incident_id = opened(scene)

    with seen_by(scene, Grant(role=Role.RESPONDER, service="jobs")) as responder:
        page = responder.get(f"/incidents/{incident_id}").text

    assert "To approve it you need the role approver on jobs. ada or grace can." in page
    assert "Approve as the first of two" not in page
    assert "break the glass" not in page
    assert "Done by hand" in page


def test_roles_elsewhere_offer_nothing_here(scene: Scene) -> None:
    """An approver of another service is a viewer of this one."""
    incident_id = opened(scene)
    grants = (Grant(role=Role.VIEWER, service="jobs"), Grant(role=Role.ADMIN, service="shop"))

    with seen_by(scene, *grants) as client:
        assert offered(client, [f"/incidents/{incident_id}"]) == set()


def test_whoever_asked_is_not_named_among_those_who_can(scene: Scene) -> None:
    """They cannot: somebody else approves what one asks for."""
    incident_id = opened(scene, STARTS)
    with scene.app.store.begin() as tx:
        (starts,) = [each for each in tx.step_runs.of_incident(incident_id) if each.changes]
    scene.approves(starts.id)
    scene.ran(starts.id, "started\n")
    with scene.app.store.begin() as tx:
        approve.run_again(tx, scene.app.grounds, starts.id, by=GRACE, now=scene.now)

    with seen_by(scene, Grant(role=Role.RESPONDER, service="jobs")) as responder:
        page = responder.get(f"/incidents/{incident_id}").text

    assert "To approve it you need the role approver on jobs. ada can." in page


def test_pages_for_strangers_say_that_all_is_stopped_and_not_by_whom(
    anonymous: TestClient, scene: Scene
) -> None:
    """Whoever cannot log in still learns why nothing moves; names and reasons are for us."""
    with scene.app.store.begin() as tx:
        stop.stop(tx, "wrong host", by=ADA, now=scene.now)

    for path in ("/login", "/nowhere"):
        page = anonymous.get(path).text

        assert "Everything is stopped." in page
        assert ADA not in page
        assert "wrong host" not in page
        assert "/stop/lift" not in page


def test_a_repeat_names_no_incident_to_those_who_may_not_see_it(scene: Scene) -> None:
    """That it happened counts for everybody; where and by whom belongs to the other team."""
    first = opened(scene, STARTS)
    with scene.app.store.begin() as tx:
        (starts,) = [each for each in tx.step_runs.of_incident(first) if each.changes]
    scene.approves(starts.id, GRACE)
    scene.ran(starts.id, "started\n")
    second = opened(scene, STARTS)
    scene.rewrite(f"UPDATE tocsin_incident SET service = 'billing' WHERE id = {first}")

    with seen_by(scene, Grant(role=Role.APPROVER, service="jobs")) as approver:
        theirs = approver.get(f"/incidents/{second}").text
    with seen_by(scene, Grant(role=Role.ADMIN), name="root") as admin:
        everything = admin.get(f"/incidents/{second}").text

    assert "ago in an incident of another service" in theirs
    assert f"in incident {first}" not in theirs
    assert f"ago in incident {first}, approved by grace" in everything
