"""Logging in by password or token, and everything that ends a session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tocsin.adapters.passwords import Argon2Passwords
from tocsin.core.errors import Unavailable
from tocsin.core.rights import Role
from tocsin.core.user import SESSION_LASTS, SESSION_RESTS, Token
from tocsin.people import admit, tokens
from tocsin.web import site, wire
from tocsin.web.attempts import Attempts
from tocsin.web.live import Live
from web.scene import ADA, TOKENS, Scene

PASSWORD = "four words nobody expects"
HASHED = Argon2Passwords().hashed(PASSWORD)
HOURS = timedelta(hours=1)


class Counting:
    """Argon2, counting how often it is asked: a shortcut would tell which names exist."""

    def __init__(self) -> None:
        self.asked: list[bool] = []
        self._argon2 = Argon2Passwords()

    def hashed(self, password: str) -> str:
        return self._argon2.hashed(password)

    def fits(self, password: str, kept: str) -> bool:
        self.asked.append(bool(kept))
        return self._argon2.fits(password, kept)


@pytest.fixture
def passwords(scene: Scene) -> Counting:
    counting = Counting()
    scene.app = replace(scene.app, passwords=counting)
    with scene.app.store.begin() as tx:
        admit.set_password(tx, ADA, HASHED, by="test", now=scene.now)
    return counting


@pytest.fixture
def client(
    scene: Scene, passwords: Counting, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    monkeypatch.setattr(wire, "_WRONG_COSTS_SECONDS", 0.0)
    headers = {"Origin": "http://testserver"}
    application = site.build(scene.app, Live())
    with TestClient(application, headers=headers, follow_redirects=False) as opened:
        yield opened


def log_in(client: TestClient, **fields: str) -> int:
    return client.post("/login", data=fields or {"name": ADA, "password": PASSWORD}).status_code


def test_a_password_opens_a_session(client: TestClient) -> None:
    """And the page that was wanted comes next."""
    sent = {"name": f" {ADA} ", "password": PASSWORD, "next": "/incidents/7"}
    answer = client.post("/login", data=sent)

    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents/7")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ADA, "password": "four words everybody expects"},
        {"name": ADA, "password": ""},
        {"name": "grace", "password": PASSWORD},  # has none
        {"name": "nobody", "password": PASSWORD},
        {"name": "\x1b[2J", "password": PASSWORD},
        {"token": "guessed"},
        {},
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(
    client: TestClient, fields: dict[str, str]
) -> None:
    """Neither the status nor the page tells which names exist."""
    answer = client.post("/login", data=fields)

    assert answer.status_code == 401
    assert answer.text == client.post("/login", data={"token": "another"}).text
    assert "set-cookie" not in answer.headers


def test_unknown_names_take_the_same_work(client: TestClient, passwords: Counting) -> None:
    """One Argon2 for each attempt, whoever it is about, disabled people included."""
    for name in (ADA, "grace", "nobody"):
        log_in(client, name=name, password="wrong")

    assert passwords.asked == [True, False, False]


def test_somebody_disabled_does_not_get_in(client: TestClient, scene: Scene) -> None:
    """Neither by password nor with a token, and what was open ends at once."""
    assert log_in(client) == 303
    with scene.app.store.begin() as tx:
        admit.disable(tx, ADA, by="test", now=scene.now)

    assert client.get("/").status_code == 303
    assert log_in(client) == log_in(client, token=TOKENS[ADA]) == 401


def test_a_new_password_ends_all_sessions(client: TestClient, scene: Scene) -> None:
    """Whoever stole one is out."""
    assert log_in(client) == 303
    with scene.app.store.begin() as tx:
        admit.set_password(tx, ADA, HASHED, by="test", now=scene.now)

    assert client.get("/").status_code == 303


def test_a_session_lasts_only_so_long_and_less_when_unused(
    client: TestClient, scene: Scene
) -> None:
    """Four hours unused, twelve in all, however busy."""
    began = scene.now
    log_in(client)
    while scene.now + 2 * HOURS < began + SESSION_LASTS:
        scene.now += 2 * HOURS
        assert client.get("/").status_code == 200
    scene.now = began + SESSION_LASTS
    assert client.get("/").status_code == 303

    log_in(client)
    scene.now += SESSION_RESTS
    assert client.get("/").status_code == 303


def test_a_login_gives_a_new_session_and_ends_the_old_one(client: TestClient) -> None:
    """A session that somebody planted before the login is worth nothing after it."""
    log_in(client)
    first = client.cookies[wire.COOKIE]
    log_in(client)
    second = client.cookies[wire.COOKIE]

    assert first != second
    client.cookies.clear()
    kept = client.get("/", headers={"Cookie": f"{wire.COOKIE}={first}"})
    assert kept.status_code == 303


def test_a_session_opened_with_a_token_is_as_narrow_and_ends_with_it(
    client: TestClient, scene: Scene
) -> None:
    """Otherwise logging in would make a token for looking one for everything."""
    incident_id = scene.incident()
    narrow = Token(
        person=ADA,
        name="wall screen",
        sha256=tokens.sha256("narrow"),
        made_at=scene.now,
        expires_at=scene.now + HOURS,
        role=Role.VIEWER,
    )
    with scene.app.store.begin() as tx:
        tx.people.add_token(narrow)
    log_in(client, token="narrow")

    assert client.get(f"/incidents/{incident_id}").status_code == 200
    assert client.post(f"/incidents/{incident_id}/acknowledge").status_code == 403
    scene.now += HOURS
    assert client.get("/").status_code == 303


def test_by_https_the_cookie_is_bound_to_this_host(scene: Scene, passwords: Counting) -> None:
    """`__Host-`: no other host of the same domain can plant one."""
    secure = replace(scene.app.workspace, public_url="https://tocsin.example.org")
    scene.app = replace(scene.app, workspace=secure)
    application = site.build(scene.app, Live())
    with TestClient(
        application, base_url="https://tocsin.example.org", follow_redirects=False
    ) as client:
        cookie = client.post("/login", data={"name": ADA, "password": PASSWORD}).headers[
            "set-cookie"
        ]
        assert client.get("/").status_code == 200

    assert cookie.startswith("__Host-tocsin_session=")
    for flag in ("Path=/", "Secure", "HttpOnly", "SameSite=Lax"):
        assert flag in cookie
    assert "Domain" not in cookie


def test_a_login_is_never_by_get(client: TestClient) -> None:
    """A link must not log anybody in, as whomever it likes."""
    answer = client.get("/login", params={"name": ADA, "password": PASSWORD})

    assert "set-cookie" not in answer.headers
    assert client.get("/").status_code == 303


def test_guessing_gets_slow_and_the_owner_still_gets_in() -> None:
    """Five at once, then one every two seconds, then come back later; elsewhere: seconds."""
    now = 0.0
    attempts = Attempts(lambda: now)
    waits = [attempts.pause("ada", "evil") for _ in range(10)]
    assert waits == [0, 0, 0, 0, 0, 2, 4, 6, 8, 10]
    with pytest.raises(Unavailable, match="Too many attempts"):
        attempts.pause("ada", "evil")

    assert attempts.pause("ada", "home") == 0
    assert attempts.pause("grace", "evil") == 0
    now += 60
    assert attempts.pause("ada", "evil") == 0


def test_guessing_from_everywhere_costs_the_owner_seconds_at_most() -> None:
    """A name cannot be locked by whoever has a thousand addresses."""
    attempts = Attempts(lambda: 0.0)
    for number in range(2000):
        attempts.pause("ada", f"evil-{number}")

    assert attempts.pause("ada", "home") <= 3


def test_one_address_does_not_try_all_names() -> None:
    """Trying one password on each name is paced as well."""
    attempts = Attempts(lambda: 0.0)
    with pytest.raises(Unavailable):
        for number in range(200):
            attempts.pause(f"name-{number}", "evil")


def test_attempts_are_forgotten_before_they_fill_the_memory() -> None:
    """A hundred thousand addresses leave no more than ten thousand traces."""
    attempts = Attempts(lambda: 0.0)
    for number in range(30_000):
        attempts.pause(f"name-{number}", f"evil-{number}")

    assert len(attempts._free_at) <= 10_003


def test_last_use_is_written_once_a_minute(client: TestClient, scene: Scene) -> None:
    """To the minute: enough to see which tokens are dead, and no write for every look."""
    headers = {"Authorization": f"Bearer {TOKENS[ADA]}"}
    began = scene.now
    client.get("/v1/incidents", headers=headers)
    scene.now += timedelta(seconds=59)
    client.get("/v1/incidents", headers=headers)
    assert used_at(scene) == began

    scene.now += timedelta(seconds=1)
    client.get("/v1/incidents", headers=headers)
    assert used_at(scene) == began + timedelta(minutes=1)


def used_at(scene: Scene) -> object:
    with scene.app.store.look() as tx:
        kept = tx.people.token(tokens.sha256(TOKENS[ADA]))
    return kept and kept.used_at


def test_no_secret_is_in_the_database(client: TestClient, tmp_path: Path) -> None:
    """Neither password, nor session, nor token: only what they hash to."""
    log_in(client)
    secrets = [PASSWORD, client.cookies[wire.COOKIE], TOKENS[ADA]]

    for file in tmp_path.rglob("tocsin.db*"):
        held = file.read_bytes()
        assert not [each for each in secrets if each.encode() in held], file
