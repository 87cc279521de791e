"""Users and tokens by API and pages: oneself, and everybody for admins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from tocsin.adapters.passwords import Argon2Passwords
from tocsin.core.ids import PageId
from tocsin.core.rights import Role
from tocsin.core.timeline import HOUSE
from tocsin.core.user import Token
from tocsin.paging import links
from tocsin.people import admit, tokens
from tocsin.web import site, wire
from tocsin.web.live import Live
from users import let_in
from web.scene import ADA, GRACE, KEY, TOKENS, Scene


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_WRONG_COSTS_SECONDS", 0.0)


@pytest.fixture
def clerk(scene: Scene) -> Iterator[TestClient]:
    """A responder's program."""
    with scene.app.store.begin() as tx:
        let_in(tx, "clerk", "token-of-clerk", at=scene.now, role=Role.RESPONDER)
    headers = {"Authorization": "Bearer token-of-clerk"}
    application = site.build(scene.app, Live())
    with TestClient(application, headers=headers, follow_redirects=False) as client:
        yield client


def asking(client: TestClient, token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_an_admin_lets_somebody_in_and_out_again(ada: TestClient, scene: Scene) -> None:
    """The token is in one answer only, and everything is on the record under the admin's name."""
    made = ada.post("/v1/users", json={"name": "linus", "services": ["jobs"]})
    assert made.status_code == 201
    token = made.json()["token"]
    assert made.json()["rights"] == [{"role": "responder", "service": "jobs"}]
    assert ada.get("/v1/me", headers=asking(ada, token)).json()["name"] == "linus"
    assert token not in ada.get("/v1/users").text

    changed = ada.post("/v1/users/linus/grant", json={"role": "approver"}).json()
    assert {"role": "approver", "service": "*"} in changed["rights"]
    ada.post("/v1/users/linus/revoke", json={"role": "approver"})
    assert ada.post("/v1/users/linus/disable").json()["enabled"] is False
    assert ada.get("/v1/me", headers=asking(ada, token)).status_code == 401
    assert ada.post("/v1/users/linus/enable").json()["enabled"] is True
    assert ada.get("/v1/me", headers=asking(ada, token)).status_code == 200
    assert ada.post("/v1/users/linus/remove").json() == {"name": "linus", "removed": True}

    with scene.app.store.look() as tx:
        told = [each for each in tx.audit.chain(HOUSE) if "linus" in each.text]
    assert {each.actor for each in told} == {ADA}
    assert told[0].text == "user linus was made"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/users", {"name": ADA}, 409, "user.exists"),
        ("/v1/users", {"name": "a/b"}, 422, "user.name"),
        ("/v1/users", {"name": "x", "role": "king"}, 422, "user.role"),
        ("/v1/users", {"name": "x", "services": ["nowhere"]}, 422, "user.service"),
        ("/v1/users/nobody/grant", {"role": "viewer"}, 404, "user"),
        ("/v1/users/grace/revoke", {"role": "viewer"}, 404, "role"),
        ("/v1/tokens", {"name": ""}, 422, "token.name"),
        ("/v1/tokens", {"name": "x", "days": 0}, 422, "token.lasts"),
        ("/v1/tokens", {"name": "x", "days": 10**12}, 422, "token.lasts"),
        ("/v1/tokens", {"name": "x", "role": "king"}, 422, "user.role"),
        ("/v1/tokens/999/revoke", {}, 404, "token"),
    ],
)
def test_what_makes_no_sense_is_a_problem(
    ada: TestClient, path: str, body: dict[str, object], status: int, code: str
) -> None:
    """With its code, and nothing is changed."""
    answer = ada.post(path, json=body)

    assert (answer.status_code, answer.json()["type"]) == (status, code)


def test_nobody_takes_the_last_admin_away(ada: TestClient) -> None:
    """Not even admins themselves."""
    assert ada.post(f"/v1/users/{GRACE}/remove").status_code == 200
    assert ada.post(f"/v1/users/{ADA}/disable").json()["type"] == "user.last_admin"
    assert ada.post(f"/v1/users/{ADA}/revoke", json={"role": "admin"}).status_code == 409
    assert ada.get("/v1/me").status_code == 200


def test_a_token_of_ones_own_is_never_better_than_its_owner(
    clerk: TestClient, scene: Scene
) -> None:
    """A responder who asks for an admin's token has a responder's."""
    made = clerk.post("/v1/tokens", json={"name": "x", "role": "admin"}).json()
    held = clerk.get("/v1/me", headers=asking(clerk, made["token"])).json()
    assert held["rights"] == [{"role": "responder", "service": "*"}]

    users = clerk.get("/v1/users", headers=asking(clerk, made["token"]))
    assert (users.status_code, users.json()["type"]) == (403, "rights")


def test_a_token_with_limits_makes_no_token_without(clerk: TestClient) -> None:
    """Otherwise a limit would be worth one call."""
    made = clerk.post("/v1/tokens", json={"name": "x", "role": "viewer"}).json()

    answer = clerk.post("/v1/tokens", json={"name": "y"}, headers=asking(clerk, made["token"]))

    assert (answer.status_code, answer.json()["type"]) == (403, "token.narrowed")


def test_tokens_are_ones_own(clerk: TestClient, scene: Scene) -> None:
    """Nobody sees or revokes another's; their own, with what was opened with it."""
    with scene.app.store.look() as tx:
        of_ada = tx.people.tokens(ADA)[0].id
    assert clerk.post(f"/v1/tokens/{of_ada}/revoke").status_code == 404

    (own,) = clerk.get("/v1/tokens").json()["tokens"]
    assert clerk.post(f"/v1/tokens/{own['id']}/revoke").status_code == 200
    assert clerk.get("/v1/tokens").status_code == 401


def test_the_pages_do_the_same(browser: TestClient, scene: Scene) -> None:
    """By forms, without a script; a secret is in one answer only."""
    page = browser.post("/people", data={"name": "linus", "role": "viewer", "service": "jobs"})
    assert page.status_code == 200 and "tocsin_" in page.text
    assert "viewer of jobs" in browser.get("/people").text
    assert "tocsin_" not in browser.get("/people").text
    for verb, data in (
        ("grant", {"role": "approver", "service": "*"}),
        ("revoke", {"role": "viewer", "service": "jobs"}),
        ("disable", {}),
    ):
        assert browser.post(f"/people/linus/{verb}", data=data).status_code == 303
    shown = browser.get("/people").text
    assert "approver of all services" in shown and "disabled" in shown
    assert browser.post("/people/linus/enable").status_code == 303
    assert browser.post("/people/linus/grant", data={"role": "king"}).status_code == 422

    made = browser.post("/you/tokens", data={"name": "laptop", "days": "30"})
    assert "tocsin_" in made.text and "laptop" in browser.get("/you").text
    assert browser.post("/you/tokens", data={"name": "x", "days": "7"}).status_code == 422
    with scene.app.store.look() as tx:
        laptop = next(each for each in tx.people.tokens(ADA) if each.name == "laptop")
    assert browser.post(f"/you/tokens/{laptop.id}/revoke").status_code == 303
    assert browser.post("/you/sessions/end").status_code == 303
    assert browser.get("/").status_code == 303


def test_a_new_password_takes_the_old_one(scene: Scene) -> None:
    """A page that was left open gives nobody the login for good."""
    scene.app = replace(scene.app, passwords=Argon2Passwords())
    headers = {"Origin": "http://testserver"}
    with TestClient(
        site.build(scene.app, Live()), headers=headers, follow_redirects=False
    ) as client:
        client.post("/login", data={"token": TOKENS[ADA]})
        first = client.post("/you/password", data={"new": "four words nobody expects"})
        assert first.status_code == 303
        assert client.get("/").status_code == 303  # all sessions have ended
        log_in = {"name": ADA, "password": "four words nobody expects"}
        assert client.post("/login", data=log_in).status_code == 303

        wrong = {"old": "wrong", "new": "five words nobody at all expects"}
        assert client.post("/you/password", data=wrong).status_code in (303, 401)
        assert client.post("/login", data=log_in).status_code == 303
        right = {**wrong, "old": "four words nobody expects"}
        assert client.post("/you/password", data={**right, "new": "short"}).status_code == 422
        assert client.post("/you/password", data=right).status_code == 303
        assert client.post("/login", data=log_in).status_code == 401


def test_names_that_look_like_markup_are_shown_as_they_are(ada: TestClient, scene: Scene) -> None:
    """On every page that shows names."""
    name = "<img src=x onerror=alert(1)>"
    with scene.app.store.begin() as tx:
        let_in(tx, name, "evil", at=scene.now, role=Role.VIEWER)
        evil = Token(person=name, name="<b>x</b>", sha256=tokens.sha256("e2"), made_at=scene.now)
        tx.people.add_token(evil)

    for page in (ada.get("/people"), ada.get("/you", headers=asking(ada, "evil"))):
        assert "<img" not in page.text.replace('<img src="/static/bell.svg"', "")
        assert "&lt;img src=x" in page.text and "<b>x" not in page.text


def test_the_link_of_a_page_ends_with_the_user_and_needs_none(
    anonymous: TestClient, scene: Scene
) -> None:
    """Whoever is paged may answer; whoever was disabled is out."""
    incident = scene.incident()
    page = scene.page(incident, person=GRACE)
    link = links.write(KEY, links.Link(page_id=PageId(page), person=GRACE), now=scene.now)
    assert anonymous.get(f"/page/{link}").status_code == 200
    with scene.app.store.begin() as tx:
        admit.disable(tx, GRACE, by="test", now=scene.now)
    assert anonymous.get(f"/page/{link}").status_code == 403
    assert anonymous.post(f"/page/{link}").status_code == 403
    with scene.app.store.begin() as tx:
        admit.remove(tx, GRACE, by="test", now=scene.now)
    assert anonymous.post(f"/page/{link}").status_code == 303


@pytest.mark.parametrize("days", [0, -1, -(10**12), 10**30])
def test_a_token_lasts_for_some_days_or_is_refused(ada: TestClient, days: int) -> None:
    """A length of time that no calendar holds is a mistake of the caller's."""
    answer = ada.post("/v1/tokens", json={"name": "odd", "days": days})

    assert (answer.status_code, answer.json()["type"]) == (422, "token.lasts")
