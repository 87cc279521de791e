"""Every route, asked by everybody: nothing is allowed by omission.

The routes come from the table that the server mounts, what each of them takes from what it
declares, and what each role may from the table below, which is written out once more here.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tocsin.core.ids import IncidentId, StepRunId
from tocsin.core.incident import Action
from tocsin.core.rights import EVERYWHERE, Permission, Role
from tocsin.core.runbook import Finding
from tocsin.core.user import Token
from tocsin.core.workspace import Service
from tocsin.people import admit, tokens
from tocsin.web import site, wire
from tocsin.web.gate import Need, On
from tocsin.web.live import Live
from tocsin.web.pages import follow
from tocsin.web.wire import Route
from users import let_in
from web import scene as scenes
from web.scene import Scene, playbook

ROUTES = (*site.ROUTES, site.openapi)
OURS, THEIRS = "jobs", "billing"
MAY = {
    Role.VIEWER: {Permission.SEE},
    Role.RESPONDER: {Permission.SEE, Permission.RESPOND},
    Role.APPROVER: {Permission.SEE, Permission.RESPOND, Permission.APPROVE},
    Role.ADMIN: set(Permission),
}
OPEN = {
    "GET /health",
    "GET /login",
    "GET /login/oidc",
    "GET /login/oidc/return",
    "GET /page/{token}",
    "POST /login",
    "POST /logout",
    "POST /page/{token}",
}
"""Open to everybody, and meant to be: a link of a page is its own credential."""

OF_SOURCES = {"POST /v1/events/alertmanager", "POST /v1/events/generic"}
CANARY = "canary7f3a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who asks, and what they hold. Without a role they are nobody."""

    name: str
    role: Role | None = None
    service: str = EVERYWHERE

    def may(self, permission: Permission, service: str) -> bool:
        """Whether they may, by the table above."""
        if self.role is None or self.service not in (service, EVERYWHERE):
            return False
        return permission in MAY[self.role]


ACTORS = (
    Actor(name="nobody"),
    Actor(name="stranger"),  # an invented token
    Actor(name="disabled"),  # was an admin
    Actor(name="expired"),  # the token was an admin's
    Actor(name="revoked"),
    Actor(name="source"),  # the token of a source, at a door of people
    Actor(name="viewer", role=Role.VIEWER, service=OURS),
    Actor(name="viewer elsewhere", role=Role.VIEWER, service=THEIRS),
    Actor(name="responder", role=Role.RESPONDER, service=OURS),
    Actor(name="responder elsewhere", role=Role.RESPONDER, service=THEIRS),
    Actor(name="approver", role=Role.APPROVER, service=OURS),
    Actor(name="approver elsewhere", role=Role.APPROVER, service=THEIRS),
    Actor(name="admin of one", role=Role.ADMIN, service=OURS),
    Actor(name="admin", role=Role.ADMIN),
    Actor(name="narrow in role", role=Role.VIEWER),  # an admin's token
    Actor(name="narrow in service", role=Role.ADMIN, service=THEIRS),  # an admin's token
)
UNKNOWN = {"nobody", "stranger", "disabled", "expired", "revoked", "source"}


LIMITS: dict[str, dict[str, object]] = {
    "disabled": {},
    "revoked": {},
    "expired": {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)},
    "narrow in role": {"role": Role.VIEWER},
    "narrow in service": {"services": (THEIRS,)},
}
"""Tokens that are more than just their owner's, and what is special about them."""


def named(route: Route) -> str:
    """Return what a test run calls a route."""
    return f"{route.method} {route.path}"


@dataclass(slots=True)
class House:
    """Two services with an incident each, and everybody who asks."""

    scene: Scene
    client: TestClient
    ours: IncidentId
    run: StepRunId

    def ask(self, route: Route, actor: Actor, path: str) -> tuple[int, str]:
        """Return status and text of the answer."""
        headers = {"Origin": "http://testserver"}
        if actor.name != "nobody":
            token = scenes.SOURCE_TOKENS["deploys"] if actor.name == "source" else actor.name
            headers["Authorization"] = f"Bearer {token}"
        answer = self.client.request(route.method, path, headers=headers)
        return answer.status_code, answer.text


def build(folder: Path) -> Scene:
    """Return a scene in which everybody of ACTORS has their token."""
    scene = scenes.build(folder)
    with scene.app.store.begin() as tx:
        for actor in ACTORS:
            narrow = "narrow" in actor.name
            let_in(
                tx,
                actor.name,
                actor.name if actor.role and not narrow else "",
                at=scene.now,
                role=Role.ADMIN if narrow or actor.name in UNKNOWN else actor.role,
                service=EVERYWHERE if narrow else actor.service,
            )
        for name, changes in LIMITS.items():
            made = Token(person=name, name=name, sha256=tokens.sha256(name), made_at=scene.now)
            tx.people.add_token(replace(made, **changes))
        tx.people.revoke_tokens("revoked", at=scene.now)
        admit.disable(tx, "disabled", by="test", now=scene.now)
    return scene


@contextmanager
def opened(scene: Scene) -> Iterator[House]:
    """Open the doors; streams end after their first look."""
    ours = scene.incident(service=OURS, open_key="a")
    run = scene.runs(ours, playbook())[0]
    live = Live()
    live.close()
    with TestClient(site.build(scene.app, live), follow_redirects=False) as client:
        yield House(scene, client, ours, run)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(wire, "_WRONG_COSTS_SECONDS", 0.0)
    monkeypatch.setattr(follow, "LOOK_EVERY_SECONDS", 0.01)
    with opened(build(tmp_path)) as house:
        yield house


def path_in(house: House, route: Route) -> str:
    """Return the route's path with the numbers of our own incident and step run in it."""
    number = house.run if route.on is On.RUN else house.ours
    path = route.path.replace("{id}", str(number))
    return re.sub(r"\{\w+\}", "1", path)


def expected(route: Route, actor: Actor) -> str:
    """Return what an actor must meet: `login`, `hidden`, `refused` or `in`."""
    if route.needs is Need.NOTHING:
        return "in"
    if isinstance(route.needs, Need) and route.needs is not Need.LOGIN:
        return "in" if named(route) in OF_SOURCES and _is_source_of(route, actor) else "login"
    if actor.name in UNKNOWN:
        return "login"
    if not isinstance(route.needs, Permission):
        return "in"
    if route.on is On.SOME:
        return "in" if actor.role and route.needs in MAY[actor.role] else "refused"
    if route.on is On.ALL:
        return "in" if actor.may(route.needs, EVERYWHERE) else "refused"
    if not actor.may(Permission.SEE, OURS):
        return "hidden"
    return "in" if actor.may(route.needs, OURS) else "refused"


def _is_source_of(route: Route, actor: Actor) -> bool:
    return actor.name == "source" and route.needs is Need.GENERIC


def met(route: Route, status: int, text: str, path: str) -> str:
    """Return what an answer amounts to."""
    if route.needs is Need.NOTHING:
        return "in"
    if status == 401 or (status == 303 and "/v1/" not in path and not text and _is_page(route)):
        return "login"
    if status == 404 and re.search(r"There is no (incident|step run) \d", text):
        return "hidden"
    if status == 403 and "This takes the role" in text:
        return "refused"
    return "in"


def _is_page(route: Route) -> bool:
    """Whether a redirect can only be the one to the login: GETs, and pages of nobody."""
    return route.method == "GET" and route.needs is not Need.NOTHING


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_every_route_lets_in_whom_it_names_and_nobody_else(house: House, route: Route) -> None:
    """Whoever is not known hears 401, who may not see 404, who may not do 403 with the role."""
    path = path_in(house, route)
    wrong = {}
    for actor in ACTORS:
        status, text = house.ask(route, actor, path)
        if route.method == "POST" and status == 303 and actor.name in UNKNOWN:
            to_login = route.needs is not Need.NOTHING
            status = 401 if to_login else status
        found, wanted = met(route, status, text, path), expected(route, actor)
        if found != wanted:
            wrong[actor.name] = f"met {found} ({status}), should be {wanted}"
        assert status < 500, (actor.name, text)

    assert wrong == {}


def test_the_open_doors_are_exactly_these() -> None:
    """A new route that needs no permission has to be meant."""
    assert {named(each) for each in ROUTES if each.needs is Need.NOTHING} == OPEN
    sources = {Need.ALERTMANAGER, Need.GENERIC}
    assert {named(each) for each in ROUTES if each.needs in sources} == OF_SOURCES


def test_everything_that_answers_is_in_the_table(scene: Scene) -> None:
    """A route mounted past the table would have passed all of the above unseen."""
    mounted = site.build(scene.app, Live()).inner.router.routes  # type: ignore[attr-defined]

    assert {each.path for each in mounted} == {each.path for each in ROUTES} | {"/static"}


def test_what_may_not_be_seen_looks_like_what_never_was(house: House) -> None:
    """To the byte, but for the number asked for: nobody can count another team's incidents."""
    theirs = house.scene.incident(service=THEIRS, open_key="b")
    run = house.scene.runs(theirs, playbook())[0]
    actor = next(each for each in ACTORS if each.name == "admin of one")
    for route in ROUTES:
        if route.on not in (On.INCIDENT, On.RUN):
            continue
        number = run if route.on is On.RUN else theirs
        there = house.ask(route, actor, route.path.replace("{id}", str(number)))
        never = house.ask(route, actor, route.path.replace("{id}", "987654"))
        assert there[0] == never[0] == 404, named(route)
        assert unnumbered(there[1]) == unnumbered(never[1]), named(route)


def unnumbered(text: str) -> str:
    """Return an answer without the number that was asked for."""
    return re.sub(r"(incident|step run) \d+", r"\1 #", text)


@pytest.mark.parametrize("name", ["viewer", "approver", "admin of one"])
def test_nothing_of_another_service_is_in_any_answer(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Title, reason, labels, commands, output, notes, findings: none of it, on any route."""
    monkeypatch.setattr(wire, "_WRONG_COSTS_SECONDS", 0.0)
    monkeypatch.setattr(follow, "LOOK_EVERY_SECONDS", 0.01)
    scene = build(tmp_path)
    theirs = _canaries(scene)
    actor = next(each for each in ACTORS if each.name == name)
    admin = next(each for each in ACTORS if each.name == "admin")
    asked, seen_by_admin = 0, 0
    with opened(scene) as house:
        run = house.scene.runs(theirs, playbook())[0]
        for route in ROUTES:
            if route.path in ("/v1/openapi.json", "/logout"):
                continue
            for number in (house.ours, house.run, theirs, run):
                path = re.sub(r"\{\w+\}", str(number), route.path)
                for query in ("", "?status=all", f"?incident={theirs}"):
                    status, text = house.ask(route, actor, path + query)
                    assert CANARY not in text, (named(route), path, status)
                    asked += 1
                if route.method == "GET":
                    seen_by_admin += CANARY in house.ask(route, admin, path)[1]

    assert asked > 300
    assert seen_by_admin > 5, "the canary must be somewhere, or this shows nothing"


def _canaries(scene: Scene) -> IncidentId:
    """Open an incident of the other service with a canary in everything that can hold one."""
    service = Service(name=THEIRS, policy="nights", runbooks=(f"{CANARY}.md",))
    another = Service(name=f"{CANARY} service", policy="nights")
    services = (*scene.app.workspace.services, service, another)
    widened = replace(scene.app.workspace, services=services)
    scene.app = replace(scene.app, workspace=widened)
    finding = Finding(line=3, code="LINE", message=f"{CANARY} is not understood")
    scene.documents.findings.append((f"{CANARY}.md", finding))
    theirs = scene.incident(
        service=THEIRS, open_key="b", title=f"{CANARY} is down", reason=f"{CANARY} says so"
    )
    alert = (
        f'{{"version": "4", "alerts": [{{"status": "firing", "fingerprint": "c", "labels": '
        f'{{"alertname": "{CANARY}", "where": "{CANARY}"}}, "annotations": {{}}, '
        f'"startsAt": "2026-01-05T03:00:00Z", "endsAt": "0001-01-01T00:00:00Z"}}]}}'
    )
    scene.alert(theirs, alert.encode())
    looks = scene.runs(theirs, playbook())
    scene.ran(looks[1], f"{CANARY} was printed")
    scene.page(theirs, reason=f"{CANARY} was paged")
    over = scene.incident(service=THEIRS, open_key="c", title=f"{CANARY} was down")
    scene.does(over, Action.RESOLVE)
    return theirs


def test_an_open_page_ends_when_its_reader_may_no_longer_see_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Role taken, token revoked, user disabled: within one look, and nothing more is sent."""
    monkeypatch.setattr(wire, "_ASKED_AGAIN_SECONDS", 0.05)
    scene = build(tmp_path)
    incident = scene.incident(service=OURS, open_key="a")
    with TestClient(site.build(scene.app, Live()), follow_redirects=False) as client:
        for name in ("viewer", "responder", "approver"):
            headers = {"Authorization": f"Bearer {name}"}
            _revoke_soon(scene, name)
            began = scene.app.now()
            answer = client.get(f"/incidents/{incident}/events", headers=headers)
            assert answer.status_code == 200  # and it has ended, or we would not be here
            assert scene.app.now() - began < timedelta(minutes=1)
            again = client.get(f"/v1/incidents/{incident}", headers=headers)
            assert again.status_code in (401, 404)


def _revoke_soon(scene: Scene, name: str) -> None:
    """Take away what opened the page, once it is open."""

    def revoke() -> None:
        with scene.app.store.begin() as tx:
            if name == "viewer":
                for held in tx.people.granted(name).grants:
                    tx.people.revoke(name, held)
            elif name == "responder":
                tx.people.revoke_tokens(name, at=scene.now)
            else:
                admit.disable(tx, name, by="test", now=scene.now)

    threading.Timer(0.3, revoke).start()
