"""`user`, `role` and `token`, typed in a folder of their own."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.adapters.db.store import SqlStore, connect
from tocsin.adapters.passwords import Argon2Passwords
from tocsin.bootstrap.workspace import load_workspace
from tocsin.cli.root import run
from tocsin.core.timeline import HOUSE


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what `tocsin init` wrote."""
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    return tmp_path


@pytest.fixture
def typed(home: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Type a command that must end well; return the JSON it printed."""

    def type_(*words: str) -> Any:
        capsys.readouterr()
        assert run([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return type_


def service_of(home: Path) -> str:
    return load_workspace(home).services[0].name


def record_of(home: Path) -> list[str]:
    engine = connect(load_workspace(home).database)
    with SqlStore(engine).look() as tx:
        told = [f"{each.actor}: {each.text}" for each in tx.audit.chain(HOUSE)]
    engine.dispose()
    return told


def test_the_first_user_is_admin_and_the_next_is_a_responder(home: Path, typed: Any) -> None:
    """An installation without an admin could let nobody in; nobody else gets it unasked."""
    assert typed("user", "add", "ada", "--role", "viewer")["rights"] == "admin of all services"
    assert typed("user", "add", "bob")["rights"] == "responder of all services"
    service = service_of(home)
    told = typed("user", "add", "eve", "--role", "approver", "--service", service)
    assert told["rights"] == f"approver of {service}"
    assert [each["name"] for each in typed("user", "list")["users"]] == ["ada", "bob", "eve"]


def test_one_more_token_for_somebody_who_is_there_leaves_the_roles_alone(typed: Any) -> None:
    """`user add` twice is what people type who lost their token; it must promote nobody."""
    typed("user", "add", "ada")
    typed("user", "add", "bob", "--role", "viewer")

    assert typed("user", "add", "bob", "--role", "admin")["rights"] == "viewer of all services"
    assert len(typed("token", "list", "bob")["tokens"]) == 2


def test_a_name_that_looks_like_anothers_is_refused(
    typed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody approves as Аda what ada asked for."""
    typed("user", "add", "ada")

    assert run(["user", "add", "ADA"]) == 5
    assert "looks the same" in capsys.readouterr().err


def test_roles_are_granted_listed_and_taken_away(home: Path, typed: Any) -> None:
    """And what was done is on the record, with who did it."""
    service = service_of(home)
    typed("user", "add", "ada")
    typed("user", "add", "bob", "--role", "viewer")
    typed("role", "grant", "bob", "approver", "--service", service)

    held = typed("role", "list")["roles"]
    assert {(each["person"], each["role"], each["service"]) for each in held} == {
        ("ada", "admin", "*"),
        ("bob", "viewer", "*"),
        ("bob", "approver", service),
    }
    typed("role", "revoke", "bob", "approver", "--service", service)
    assert run(["role", "revoke", "bob", "approver", "--service", service]) == 4
    assert f"the command line: bob is no longer approver of {service}" in record_of(home)


def test_nobody_can_take_the_last_admin_away(
    typed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the role nor the person; with a second admin both are possible."""
    typed("user", "add", "ada")
    for words in (("role", "revoke", "ada", "admin"), ("user", "disable", "ada")):
        assert run(words) == 5
        assert "Nobody would be admin" in capsys.readouterr().err
    assert run(["user", "remove", "ada"]) == 5
    assert typed("user", "show", "ada")["rights"] == "admin of all services"

    typed("user", "add", "bob")
    typed("role", "grant", "bob", "admin")
    typed("user", "remove", "ada")
    assert [each["name"] for each in typed("user", "list")["users"]] == ["bob"]


def test_disabling_loses_nothing(typed: Any) -> None:
    """Somebody on leave comes back as what they were."""
    typed("user", "add", "ada")
    typed("user", "add", "bob")
    typed("user", "disable", "bob")
    assert typed("user", "show", "bob")["enabled"] is False
    typed("user", "enable", "bob")

    shown = typed("user", "show", "bob")
    assert (shown["enabled"], shown["rights"]) == (True, "responder of all services")
    assert len(shown["tokens"]) == 1


def test_a_token_has_a_name_an_end_and_limits(home: Path, typed: Any) -> None:
    """Ninety days unless something else was said; for ever only when asked for."""
    service = service_of(home)
    typed("user", "add", "ada")
    words = ("token", "add", "ada", "--name", "laptop", "--role", "viewer", "--service", service)
    made = typed(*words)
    assert (made["role"], made["services"]) == ("viewer", [service])
    assert made["expires_at"] is not None and made["token"].startswith("tocsin_")
    assert typed("token", "add", "ada", "--never")["expires_at"] is None

    assert run(["token", "revoke", "ada", str(made["id"])]) == 0
    assert run(["token", "revoke", "ada", str(made["id"])]) == 4
    assert made["id"] not in [each["id"] for each in typed("token", "list", "ada")["tokens"]]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("token", "add", "ada", "--lasts", "0s"), 2),
        (("token", "add", "ada", "--lasts", "soon"), 2),
        (("token", "add", "ada", "--name", "a\nb"), 2),
        (("token", "add", "ada", "--service", "nowhere"), 2),
        (("token", "add", "nobody"), 4),
        (("role", "grant", "nobody", "viewer"), 4),
        (("role", "grant", "ada", "viewer", "--service", "nowhere"), 2),
        (("user", "add", "bob", "--service", "nowhere"), 2),
        (("user", "show", "nobody"), 4),
        (("user", "password", "nobody", "--none"), 4),
    ],
)
def test_what_makes_no_sense_is_refused(typed: Any, words: tuple[str, ...], status: int) -> None:
    """With a sentence and its own exit status, and nothing is changed."""
    typed("user", "add", "ada")

    assert run(words) == status


def test_a_password_is_kept_as_argon2id_and_nowhere_else(
    home: Path, typed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the record nor the database file holds it."""
    typed("user", "add", "ada")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"four words nobody expects\n")))
    assert run(["user", "password", "ada", "--stdin"]) == 0

    engine = connect(load_workspace(home).database)
    with SqlStore(engine).look() as tx:
        user = tx.people.user("ada")
    engine.dispose()
    assert user is not None and user.password.startswith("$argon2id$")
    assert Argon2Passwords().fits("four words nobody expects", user.password)
    assert not Argon2Passwords().fits("four words somebody expects", user.password)
    assert not any("expects" in line for line in record_of(home))
    files = [each for each in home.rglob("*") if each.is_file()]
    assert not any(b"nobody expects" in each.read_bytes() for each in files)


@pytest.mark.parametrize("weak", ["short", "x" * 201, ""])
def test_a_weak_password_is_refused(typed: Any, monkeypatch: pytest.MonkeyPatch, weak: str) -> None:
    """Too short to be worth hashing, or so long that hashing it is the attack."""
    typed("user", "add", "ada")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{weak}\n".encode())))

    assert run(["user", "password", "ada", "--stdin"]) == 2


def test_nothing_fits_where_no_password_was_set() -> None:
    """And it takes the same work to say so: who has none is not to be told from the time."""
    passwords = Argon2Passwords()

    assert not passwords.fits("", "")
    assert not passwords.fits("what nobody ever set", "")
    assert not passwords.fits("anything", "not a hash")
