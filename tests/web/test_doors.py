"""Who gets in where: every route of the table, without and with wrong credentials."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tocsin.core.rights import Permission
from tocsin.web import site, wire
from tocsin.web.gate import Need, On
from tocsin.web.live import Live
from tocsin.web.pages import problem
from tocsin.web.pages.login import local
from tocsin.web.wire import Route
from web.scene import ADA, SOURCE_TOKENS, TOKENS, Scene

CLOSED = [each for each in site.ROUTES if each.needs is not Need.NOTHING]
POSTS_OF_PEOPLE = [
    each for each in site.ROUTES if each.method == "POST" and each.needs not in tuple(Need)
]


def named(route: Route) -> str:
    """Return what a test run calls a route."""
    return f"{route.method} {route.path}"


def path_of(route: Route) -> str:
    """Return the route's path with a number in it."""
    return re.sub(r"\{\w+\}", "1", route.path)


def test_the_public_doors_are_exactly_these() -> None:
    """A new route that needs nothing has to be meant."""
    assert sorted({each.path for each in site.ROUTES if each.needs is Need.NOTHING}) == [
        "/health",
        "/login",
        "/login/oidc",
        "/login/oidc/return",
        "/logout",
        "/page/{token}",
    ]


@pytest.mark.parametrize("route", CLOSED, ids=named)
def test_nobody_gets_in_without_credentials(anonymous: TestClient, route: Route) -> None:
    """Machines hear 401 with the challenge; people are sent to the login."""
    answer = anonymous.request(route.method, path_of(route))

    if route.path.startswith("/v1/"):
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["type"] == "auth"
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=")


@pytest.mark.parametrize("route", CLOSED, ids=named)
def test_a_wrong_token_opens_nothing(
    anonymous: TestClient, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The right answer to a guess is the same as to nothing at all."""
    monkeypatch.setattr(wire, "_WRONG_COSTS_SECONDS", 0.0)

    answer = anonymous.request(
        route.method, path_of(route), headers={"Authorization": "Bearer guessed"}
    )

    assert answer.status_code in (401, 303)
    assert "location" not in answer.headers or "/login" in answer.headers["location"]


@pytest.mark.parametrize("route", CLOSED, ids=named)
def test_a_wrong_session_opens_nothing(
    anonymous: TestClient, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old or invented cookie is nobody's."""
    monkeypatch.setattr(wire, "_WRONG_COSTS_SECONDS", 0.0)

    headers = {"Cookie": f"{wire.COOKIE}=invented", "Origin": "http://testserver"}
    answer = anonymous.request(route.method, path_of(route), headers=headers)

    assert answer.status_code in (401, 303)


def test_the_token_of_a_source_opens_only_its_own_door(ada: TestClient) -> None:
    """Neither a person's token nor another kind of source may report alerts, nor the reverse."""
    alertmanager = {"Authorization": f"Bearer {SOURCE_TOKENS['prod-alertmanager']}"}
    generic = {"Authorization": f"Bearer {SOURCE_TOKENS['deploys']}"}

    assert ada.post("/v1/events/alertmanager", content=b"{}").status_code == 401
    assert ada.post("/v1/events/alertmanager", content=b"{}", headers=generic).status_code == 401
    assert ada.post("/v1/events/generic", content=b"{}", headers=alertmanager).status_code == 401
    assert ada.get("/v1/incidents", headers=alertmanager).status_code == 401


@pytest.mark.parametrize("route", POSTS_OF_PEOPLE, ids=named)
def test_another_site_cannot_make_a_browser_post(browser: TestClient, route: Route) -> None:
    """A session alone is not enough: the request must come from our own pages."""
    for foreign in ("https://evil.example", "null", "http://testserver.evil.example"):
        answer = browser.post(path_of(route), headers={"Origin": foreign})
        assert answer.status_code == 403, foreign

    del browser.headers["Origin"]
    assert browser.post(path_of(route)).status_code == 403
    referred = {"Referer": "http://testserver/incidents/1"}
    assert browser.post(path_of(route), headers=referred).status_code != 403


def test_a_program_with_a_token_needs_no_origin(ada: TestClient, scene: Scene) -> None:
    """No other site can make a browser send an Authorization header."""
    incident_id = scene.incident()

    answer = ada.post(f"/v1/incidents/{incident_id}/acknowledge")

    assert answer.status_code == 200
    assert answer.json()["acknowledged_by"] == ADA


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"needs": "a nod"}, "no such permission"),
        ({"needs": None}, "no such permission"),
        ({"needs": Permission.SEE}, "does not say on which service"),
        ({"needs": Permission.SEE, "on": On.INCIDENT}, "an {id} in the path"),
        ({"needs": Permission.SEE, "on": On.SOME, "path": "/x/{id}"}, "an {id} in the path"),
        ({"needs": Need.NOTHING, "on": On.ALL}, "no permission"),
    ],
)
def test_a_route_without_a_permission_refuses_to_start(
    scene: Scene, changes: dict[str, object], said: str
) -> None:
    """A route that was declared wrongly must not be open by accident."""
    route = replace(site.ROUTES[0], **changes)  # type: ignore[arg-type]

    with pytest.raises(ValueError, match=said):
        wire.mount(Starlette(), scene.app, Live(), [route], face=problem.face(scene.app))


def test_a_login_opens_a_session_that_ends(browser: TestClient, scene: Scene) -> None:
    """Twelve hours, then the token is asked for again."""
    assert browser.get("/").status_code == 200

    scene.now += timedelta(hours=12, seconds=1)

    assert browser.get("/").status_code == 303


def test_a_logout_ends_the_session_on_the_server(browser: TestClient) -> None:
    """A cookie that somebody kept is worth nothing afterwards."""
    kept = browser.cookies[wire.COOKIE]

    browser.post("/logout")
    answer = browser.get("/", headers={"Cookie": f"{wire.COOKIE}={kept}"})

    assert answer.status_code == 303


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(
    anonymous: TestClient, scene: Scene
) -> None:
    """Secure is added where the console is reached by https."""
    token = {"token": TOKENS[ADA]}
    plain = anonymous.post("/login", data=token).headers["set-cookie"]
    secure_place = replace(scene.app.workspace, public_url="https://tocsin.example.org")
    scene.app = replace(scene.app, workspace=secure_place)
    with TestClient(site.build(scene.app, Live()), follow_redirects=False) as client:
        secure = client.post("/login", data=token).headers["set-cookie"]

    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    assert "Secure" in secure


def test_a_wrong_login_says_so_and_no_more(
    anonymous: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And costs a moment, so that guessing does not pay."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(wire.asyncio, "sleep", sleep)
    answer = anonymous.post("/login", data={"token": "wrong"})

    assert answer.status_code == 401
    assert "not valid" in answer.text
    assert "set-cookie" not in answer.headers
    assert waited == [wire._WRONG_COSTS_SECONDS]


@pytest.mark.parametrize(
    "where",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x=y", ""],
)
def test_a_login_never_leads_to_another_site(where: str) -> None:
    """The place to go on to comes from the address bar, so from anybody."""
    assert local(where) == "/"
    assert local("/incidents/12/postmortem.md") == "/incidents/12/postmortem.md"


@pytest.mark.parametrize(
    "path", ["/", "/login", "/health", "/nowhere", "/v1/nowhere", "/static/tocsin.css"]
)
def test_every_answer_wears_the_strict_headers(anonymous: TestClient, path: str) -> None:
    """Whatever gets into a page may load nothing, run nothing and be framed by nobody."""
    headers = anonymous.get(path).headers

    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert ("no-store" in headers["cache-control"]) == (not path.startswith("/static/"))


@pytest.mark.parametrize("path", ["/static/none.js", "/static/", "/static/%2e%2e/wire.py"])
def test_a_file_that_is_not_there_is_not_remembered(anonymous: TestClient, path: str) -> None:
    """A browser that asks during an upgrade must not believe for a day that it is missing."""
    answer = anonymous.get(path)

    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
