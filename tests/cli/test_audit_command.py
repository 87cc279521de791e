"""`tocsin audit`: without a server, it says whether the record is what was written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.adapters.db.store import SqlStore, connect
from tocsin.bootstrap.database import open_database
from tocsin.bootstrap.record import outlets
from tocsin.bootstrap.workspace import load_workspace
from tocsin.cli.root import run
from tocsin.core.timeline import EntryKind
from tocsin.settings import STARTER
from tocsin.worker.witness import Witness

NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with three entries, of which two are covered by a checkpoint in a file."""
    (tmp_path / "tocsin.toml").write_text(STARTER + '\n[audit]\ncheckpoint_file = "kept"\n')
    workspace = load_workspace(tmp_path)
    store = SqlStore(open_database(workspace))
    witness = Witness(store, outlets(workspace, {}), now=lambda: NOW)
    for actor in ("ada", "grace\x1b[2J", "linus"):
        with store.begin() as tx:
            tx.audit.note(EntryKind.LOGIN, "logged in", at=NOW, actor=actor)
        if actor != "linus":
            witness.look()
    return tmp_path


def touch(folder: Path, statement: str) -> None:
    engine = connect(load_workspace(folder).database)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_whole_record_is_called_whole(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what no checkpoint covers yet, because that could be cut off unseen."""
    assert run(["audit", "verify", "--workspace", str(folder)]) == 0

    said = capsys.readouterr().out
    assert "3 entries in 1 chains, 2 checkpoints." in said
    assert "1 entries are not covered yet" in said
    assert "since 2026-01-05 03:00:00 UTC" in said
    assert "outside" not in said


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE tocsin_audit SET actor = 'eve' WHERE seq = 2", "Entry 2 is not what was written"),
        ("DELETE FROM tocsin_audit WHERE seq = 2", "Entry 2 is missing"),
        ("DELETE FROM tocsin_audit WHERE seq > 1", "Entry 2, which a checkpoint covers, is gone"),
        ("DELETE FROM tocsin_checkpoint WHERE seq = 2", "was sent out and is no longer in"),
        ("UPDATE tocsin_audit SET facts = '{'", "A row of the record is damaged"),
    ],
)
def test_a_touched_record_is_named_entry_by_entry(
    folder: Path, capsys: pytest.CaptureFixture[str], statement: str, words: str
) -> None:
    """Status 3, for a job that runs every night."""
    touch(folder, statement)

    assert run(["audit", "verify", "--workspace", str(folder)]) == 3
    assert words in capsys.readouterr().out


def test_checkpoints_kept_elsewhere_can_be_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The copy in a mail or on another machine is the one nobody could reach."""
    elsewhere = folder / "elsewhere"
    (folder / "kept").rename(elsewhere)

    assert run(["audit", "verify", "--workspace", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outside"] is False
    named = ["audit", "verify", "--workspace", str(folder), "--checkpoints", str(elsewhere)]
    assert run([*named, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outside"] is True


def test_without_a_database_nothing_is_made(tmp_path: Path) -> None:
    """Looking must not leave an empty database that then verifies."""
    (tmp_path / "tocsin.toml").write_text(STARTER)

    assert run(["audit", "verify", "--workspace", str(tmp_path)]) == 4
    assert not (tmp_path / ".tocsin").exists()


def test_show_and_export_tell_the_entries(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a name does to a terminal is shown, not done."""
    assert run(["audit", "show", "--workspace", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "grace\\x1b[2J" in shown

    assert run(["audit", "export", "--workspace", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["actor"] for line in lines] == ["ada", "grace\x1b[2J", "linus"]
