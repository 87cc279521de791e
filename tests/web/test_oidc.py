"""Logging in through an identity provider, over real HTTP, and every way to cheat at it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from provider import CLIENT, SECRET, Provider, serving
from tocsin.adapters.oidc import OidcProvider
from tocsin.core.rights import Grant, Permission, Role
from tocsin.core.timeline import HOUSE, EntryKind
from tocsin.core.workspace import Oidc
from tocsin.people import admit
from tocsin.web import site, wire
from tocsin.web.live import Live
from web.scene import ADA, Scene

RETURNS = "http://testserver/login/oidc/return"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving() as served:
        yield served


@pytest.fixture
def clock() -> list[float]:
    """By how many seconds the provider's adapter is ahead."""
    return [0.0]


@pytest.fixture
def client(
    scene: Scene, provider: Provider, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    monkeypatch.setattr(wire, "_WRONG_COSTS_SECONDS", 0.0)
    settings = Oidc(
        issuer=provider.url,
        client_id=CLIENT,
        client_secret="OIDC",
        label="the house",
        roles={"sre": Grant(role=Role.APPROVER, service="jobs")},
    )
    identity = OidcProvider(
        settings,
        secret=lambda: SECRET,
        returns_to=RETURNS,
        clock=lambda: time.time() + clock[0],
    )
    workspace = replace(scene.app.workspace, oidc=settings)
    scene.app = replace(scene.app, workspace=workspace, identity=identity)
    with TestClient(site.build(scene.app, Live()), follow_redirects=False) as opened:
        yield opened


def begin(client: TestClient, wanted: str = "/") -> str:
    """Return where the browser is sent."""
    answer = client.get("/login/oidc", params={"next": wanted})
    assert answer.status_code == 303
    return answer.headers["location"]


def come_back(client: TestClient, query: str) -> int:
    return client.get(f"/login/oidc/return?{query}").status_code


def refused(client: TestClient, provider: Provider) -> str:
    """Log in; it must fail, and leave nobody logged in. Return the page."""
    answer = client.get(f"/login/oidc/return?{provider.consent(begin(client))}")
    assert answer.status_code == 401, answer.text
    assert wire.COOKIE not in client.cookies
    assert client.get("/").status_code == 303
    return answer.text


def test_a_login_elsewhere_opens_a_session_here(
    client: TestClient, provider: Provider, scene: Scene
) -> None:
    """With the roles that the groups are worth, and on to where they wanted to go."""
    assert "Log in with the house" in client.get("/login").text
    address = begin(client, "/incidents/1")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["code_challenge_method"] == "S256" and asked["redirect_uri"] == RETURNS

    answer = client.get(f"/login/oidc/return?{provider.consent(address)}")

    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents/1")
    assert client.get("/").status_code == 200
    assert SECRET not in provider.posted[0][0].values()  # in the header, as it should be
    with scene.app.store.look() as tx:
        user = tx.people.user("linus")
        assert user is not None and (user.issuer, user.subject) == (provider.url, "7")
        assert tx.people.rights("linus").may(Permission.APPROVE, "jobs")


def test_groups_are_asked_for_anew_with_each_login(
    client: TestClient, provider: Provider, scene: Scene
) -> None:
    """Who left the group there is out here; what was granted here stays."""
    come_back(client, provider.consent(begin(client)))
    with scene.app.store.begin() as tx:
        admit.grant(tx, "linus", Grant(role=Role.VIEWER), by="test", now=scene.now)
    provider.claims = {"groups": ["cooks"], "preferred_username": "renamed"}

    assert come_back(client, provider.consent(begin(client))) == 303

    with scene.app.store.look() as tx:
        assert tx.people.rights("linus").grants == (Grant(role=Role.VIEWER),)
        assert tx.people.user("renamed") is None  # the subject is who it is


def test_what_groups_give_and_take_stands_in_the_record(
    client: TestClient, provider: Provider, scene: Scene
) -> None:
    """Who could approve what, and since when, is asked after every incident."""
    come_back(client, provider.consent(begin(client)))
    come_back(client, provider.consent(begin(client)))
    provider.claims = {"groups": ["cooks"]}
    come_back(client, provider.consent(begin(client)))

    with scene.app.store.look() as tx:
        told = [entry.text for entry in tx.audit.chain(HOUSE) if entry.kind is EntryKind.PEOPLE]
    about_groups = [text for text in told if "by a group" in text]
    assert about_groups == [
        "linus was made approver of jobs by a group",
        "linus is no longer approver of jobs by a group",
    ]


@pytest.mark.parametrize("groups", [[], ["cooks"], "sre", [7, None], {"sre": 1}])
def test_somebody_without_a_group_that_counts_sees_nothing(
    client: TestClient, provider: Provider, groups: object
) -> None:
    """They are known, and told whom to ask; a group that is no list of texts counts for nothing."""
    provider.claims = {"groups": groups}

    assert come_back(client, provider.consent(begin(client))) == 303

    answer = client.get("/")
    assert answer.status_code == 403
    assert "admin" in answer.text


@pytest.mark.parametrize(
    ("claims", "without"),
    [
        ({"nonce": "another"}, set()),
        ({}, {"nonce"}),
        ({"aud": "somebody else"}, set()),
        ({"aud": ["somebody", "else"]}, set()),
        ({"aud": [CLIENT, "else"], "azp": "else"}, set()),
        ({}, {"aud"}),
        ({"iss": "https://evil.example"}, set()),
        ({}, {"iss"}),
        ({"exp": int(time.time()) - 3600}, set()),
        ({}, {"exp"}),
        ({"exp": "tomorrow"}, set()),
        ({"iat": int(time.time()) + 3600}, set()),
        ({"nbf": int(time.time()) + 3600}, set()),
        ({}, {"sub"}),
        ({"sub": 7}, set()),
    ],
)
def test_a_token_that_says_the_wrong_thing_is_refused(
    client: TestClient, provider: Provider, claims: dict[str, object], without: set[str]
) -> None:
    """Another nonce, audience, issuer or time, or none of them."""
    provider.claims, provider.without = claims, without

    assert "proves nothing" in refused(client, provider)


def test_a_token_without_a_signature_is_refused(client: TestClient, provider: Provider) -> None:
    """`alg: none` is no algorithm."""
    provider.algorithm = "none"

    refused(client, provider)


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(
    client: TestClient, provider: Provider
) -> None:
    """What the token says about its algorithm decides nothing."""
    provider.algorithm = "HS256"

    refused(client, provider)


def test_a_token_of_another_key_is_refused(client: TestClient, provider: Provider) -> None:
    """Also if it calls itself by the name of the right one."""
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "one"})

    refused(client, provider)


def test_keys_may_change_but_not_with_every_token(
    client: TestClient, provider: Provider, clock: list[float]
) -> None:
    """A token that names a key we do not know makes us look again, once a minute at most."""
    assert come_back(client, provider.consent(begin(client))) == 303
    client.post("/logout")
    provider.key = RSAKey.generate_key(2048, {"kid": "two"})
    provider.named = "two"
    for _ in range(3):
        assert come_back(client, provider.consent(begin(client))) == 401
    assert provider.asked.count("/keys") == 1

    clock[0] += 60
    assert come_back(client, provider.consent(begin(client))) == 303
    assert provider.asked.count("/keys") == 2


def test_a_state_that_is_not_ours_is_refused(client: TestClient, provider: Provider) -> None:
    """Nobody is logged in by a link of somebody else's making."""
    query = provider.consent(begin(client))
    code = query.split("&")[0]

    assert come_back(client, f"{code}&state=another") == 401
    assert come_back(client, code) == 401
    assert provider.posted == []  # the code was not even tried


def test_what_was_begun_in_another_browser_is_refused(
    client: TestClient, provider: Provider
) -> None:
    """Someone's own login, finished in a victim's browser, would make them work as somebody."""
    query = provider.consent(begin(client))
    client.cookies.clear()

    assert come_back(client, query) == 401
    client.cookies.set("tocsin_login", "b64.forged")
    assert come_back(client, query) == 401


def test_a_login_is_finished_within_ten_minutes(
    client: TestClient, provider: Provider, scene: Scene
) -> None:
    """A cookie that somebody copied is worth nothing later."""
    query = provider.consent(begin(client))
    scene.now += timedelta(minutes=10)

    assert come_back(client, query) == 401


def test_a_code_is_good_once(client: TestClient, provider: Provider) -> None:
    """Also with everything that belonged to it."""
    address = begin(client)
    begun = client.cookies["tocsin_login"]
    query = provider.consent(address)
    assert come_back(client, query) == 303

    client.cookies.clear()
    client.cookies.set("tocsin_login", begun)
    assert come_back(client, query) == 401


def test_a_code_is_bound_to_our_verifier(client: TestClient, provider: Provider) -> None:
    """A code that was caught on its way opens nothing elsewhere: that is what PKCE is for."""
    provider.consent(begin(client), code="caught")
    mine = provider.consent(begin(client), code="mine")

    assert come_back(client, mine.replace("code=mine", "code=caught")) == 401


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil", "/a\nb"])
def test_the_way_back_never_leads_to_another_site(
    client: TestClient, provider: Provider, wanted: str
) -> None:
    """The place to go on to comes from the address bar."""
    answer = client.get(f"/login/oidc/return?{provider.consent(begin(client, wanted))}")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_being_called_like_somebody_makes_nobody_them(
    client: TestClient, provider: Provider, scene: Scene
) -> None:
    """The provider's users choose their names themselves, in many a place."""
    for name in (ADA, "ADA", "ａｄａ"):
        provider.claims = {"preferred_username": name}
        assert "another user" in refused(client, provider)

    with scene.app.store.look() as tx:
        user = tx.people.user(ADA)
    assert user is not None and user.subject == ""


def test_somebody_disabled_here_stays_out(
    client: TestClient, provider: Provider, scene: Scene
) -> None:
    """Whatever the provider thinks of them."""
    come_back(client, provider.consent(begin(client)))
    with scene.app.store.begin() as tx:
        admit.disable(tx, "linus", by="test", now=scene.now)

    assert client.get("/").status_code == 303
    assert (
        "may not log in" in client.get(f"/login/oidc/return?{provider.consent(begin(client))}").text
    )


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_provider_that_is_not_what_was_set_up_is_not_used(
    client: TestClient, provider: Provider, metadata: dict[str, object]
) -> None:
    """Our secret goes by https, or to this machine, and to nobody under another name."""
    provider.metadata = metadata
    answer = client.get("/login/oidc")
    if answer.status_code == 303:
        answer = client.get(f"/login/oidc/return?{provider.consent(answer.headers['location'])}")

    assert answer.status_code in (401, 503)
    assert "cannot be asked" in answer.text


def test_a_provider_that_is_down_keeps_nobody_else_out(
    client: TestClient, provider: Provider
) -> None:
    """It says so, and passwords and tokens go on."""
    provider.metadata = {"token_endpoint": "http://127.0.0.1:9/token"}
    answer = client.get(f"/login/oidc/return?{provider.consent(begin(client))}")

    assert answer.status_code == 401
    assert "cannot be asked" in answer.text
    assert client.get("/login").status_code == 200
