"""Files that cannot be read or written: a sentence, never a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tocsin.cli.files import read_each, read_rule_files, remove_file, write_file
from tocsin.cli.root import run
from tocsin.core.errors import Unavailable

_UNREADABLE = [(b"\0", "NUL bytes"), (b"x" * 11_000_000, "10485760")]


def test_what_can_be_read_is_read_and_the_rest_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One broken file of many is no reason to see none of them."""
    (tmp_path / "there.md").write_text("well")
    files = [tmp_path / "gone.md", tmp_path, tmp_path / "there.md"]
    assert list(read_each(files, lambda _, raw: raw)) == [b"well"]
    said = capsys.readouterr().err
    assert f"{tmp_path}/gone.md: cannot be read: No such file or directory." in said
    assert f"{tmp_path}: cannot be read: Is a directory." in said
    assert "Name another file" in said


@pytest.mark.parametrize("name", ["read", "plan", "lint", "rules", "coverage"])
@pytest.mark.parametrize(("content", "why"), _UNREADABLE)
def test_a_file_that_is_no_runbook_is_refused_by_name_with_what_to_try(
    name: str, content: bytes, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All five commands, in the same words."""
    bad = tmp_path / "bad.md"
    bad.write_bytes(content)
    more = ["-o", str(tmp_path / "out")] if name == "rules" else []
    assert run([name, str(bad), *more]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{bad}: ")
    assert why in said
    assert len(said.splitlines()) >= 2


@pytest.mark.parametrize("name", ["read", "plan", "lint", "rules", "coverage"])
def test_a_name_that_no_file_can_have_is_no_file(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pattern that a shell did not expand, a whole document on the command line."""
    more = ["-o", str(tmp_path / "out")] if name == "rules" else []
    assert run([name, "x" * 5000, *more]) == 2
    assert "cannot be read: File name too long." in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["read"],
        ["lint"],
        ["lint", "--format", "json"],
        ["lint", "--format", "sarif"],
        ["lint", "--format", "github"],
        ["plan", "--all"],
        ["plan", "--html"],
        ["coverage"],
        ["rules", "-o", "out"],
    ],
    ids=" ".join,
)
def test_a_name_that_is_no_text_does_no_harm(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File systems take any bytes; what is written must be text."""
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode(b"caf\xe9.md")
    text = "# Book\n\n## Dark\n\n**Alert:** error rate > 5% for 5 minutes\n\n1. Look at `top`\n"
    Path(name).write_text(text)
    assert run([*words, name]) in (0, 3)
    written = [path.read_text() for path in tmp_path.glob("out/*.yml")]
    assert len(written) == (2 if words[0] == "rules" else 0)
    assert words[0] != "rules" or run([*words, name, "--check"]) == 0


def test_a_folder_without_markdown_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else "nothing found" would be believed of the wrong folder."""
    (tmp_path / "notes.txt").write_text("# Notes\n")
    assert run(["lint", str(tmp_path)]) == 0
    assert f"{tmp_path}: holds no Markdown." in capsys.readouterr().err


@pytest.mark.parametrize("words", [["coverage"], ["rules", "-o", "out"]], ids=" ".join)
def test_a_workspace_that_is_named_and_not_there_is_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without its metrics and rules the answer would be another one."""
    (tmp_path / "book.md").write_text("# Book\n")
    assert run([*words, str(tmp_path / "book.md"), "--workspace", str(tmp_path)]) == 2
    assert "tocsin init" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["lint", "coverage"])
@pytest.mark.parametrize("content", ["groups: [", "groups: \0"])
def test_rules_that_are_no_yaml_are_a_file_that_could_not_be_read(
    name: str, content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a pipeline is green because nothing was compared."""
    (tmp_path / "book.md").write_text("# Book\n")
    (tmp_path / "bad.yml").write_text(content)
    assert run([name, str(tmp_path / "book.md"), "--rules", str(tmp_path / "bad.yml")]) == 2
    assert ": No YAML: " in capsys.readouterr().err


def test_rules_are_read_under_the_name_they_are_to_have(tmp_path: Path) -> None:
    """A report must not hold the folders of one machine."""
    (tmp_path / "shop.yml").write_text("groups: []\n")
    (found,) = read_rule_files([tmp_path / "shop.yml"], lambda path: path.name)
    assert found.file == "shop.yml"


def test_where_nothing_can_be_written_the_file_is_named(tmp_path: Path) -> None:
    """A file stands where the folder should be; a folder where the file should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match=r"file/x\.md cannot be written: "):
        write_file(tmp_path / "file" / "x.md", "text")
    with pytest.raises(Unavailable, match=r" cannot be written: Is a directory"):
        write_file(tmp_path, "text")
    with pytest.raises(Unavailable, match=r"gone cannot be written: No such file"):
        remove_file(tmp_path / "gone")


def test_rules_say_that_their_folder_cannot_be_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The usual mistake in a pipeline whose checkout is read-only."""
    (tmp_path / "file").write_text("")
    book = tmp_path / "book.md"
    book.write_text("# Book\n\n## Dark\n\n**Alert:** error rate > 5% for 5 minutes\n\n1. Look\n")
    assert run(["rules", str(book), "-o", str(tmp_path / "file" / "out")]) == 7
    assert "cannot be written" in capsys.readouterr().err
