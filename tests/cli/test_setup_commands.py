"""`init`, `user` and `source`, typed in a folder of their own."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tocsin import settings
from tocsin.adapters.db.store import SqlStore, connect
from tocsin.bootstrap.workspace import load_workspace
from tocsin.cli.root import run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what `tocsin init` wrote."""
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    return tmp_path


def as_json(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def person_of(home: Path, token: str) -> str | None:
    engine = connect(load_workspace(home).database)
    with SqlStore(engine).look() as tx:
        kept = tx.people.token(hashlib.sha256(token.encode()).hexdigest())
    engine.dispose()
    return kept.person if kept and kept.opens(datetime.now(UTC)) else None


def test_init_says_where_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script goes on with that file."""
    told = as_json(capsys, "init", str(tmp_path / "team"))

    assert told == {"path": str(tmp_path / "team" / "tocsin.toml")}
    assert (tmp_path / "team" / "tocsin.toml").read_text() == settings.STARTER


def test_init_overwrites_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is there was written by somebody."""
    (home / "tocsin.toml").write_text("mine")

    assert run(["init"]) == 5
    assert (home / "tocsin.toml").read_text() == "mine"


def test_init_where_no_folder_can_be_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not a traceback."""
    (tmp_path / "file").write_text("")

    assert run(["init", str(tmp_path / "file" / "team")]) == 7
    assert "cannot be written" in capsys.readouterr().err


def test_a_token_lets_its_person_in_until_it_is_revoked(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As JSON for scripts; only the hash is kept."""
    told = as_json(capsys, "user", "add", "me")
    assert told["person"] == "me" and told["is_paged"] is True
    assert person_of(home, told["token"]) == "me"

    assert as_json(capsys, "user", "revoke", "me") == {"person": "me", "revoked": 1}
    assert person_of(home, told["token"]) is None


def test_the_token_alone_is_on_stdout(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """So that it can be piped into a file."""
    capsys.readouterr()
    assert run(["user", "add", "somebody"]) == 0

    told = capsys.readouterr()
    assert person_of(home, told.out.strip()) == "somebody"
    assert "pages do not reach somebody" in told.err


@pytest.mark.parametrize("words", [("add", "\x1b[2J"), ("add", " "), ("revoke", "a\nb")])
def test_a_name_that_cannot_be_printed_is_refused(home: Path, words: tuple[str, str]) -> None:
    """It would be shown on every timeline."""
    assert run(["user", *words]) == 2


def test_the_token_of_a_source_fits_what_is_put_into_the_workspace(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hash there is that of the token here, and the section is read as printed."""
    told = as_json(capsys, "source", "token", "am", "--kind", "alertmanager")
    assert hashlib.sha256(told["token"].encode()).hexdigest() == told["token_sha256"]
    assert (told["name"], told["kind"]) == ("am", "alertmanager")

    assert run(["source", "token", 'o"dd \\ name']) == 0
    section = capsys.readouterr().err.split("source:\n")[1]
    with (home / "tocsin.toml").open("a") as file:
        file.write(section)
    assert [each.name for each in load_workspace(home).sources] == ['o"dd \\ name']


@pytest.mark.parametrize("name", ["checks", "", "a\nb"])
def test_a_name_no_source_can_have_is_refused(name: str) -> None:
    """Our own checks report under 'checks'."""
    assert run(["source", "token", name]) == 2
