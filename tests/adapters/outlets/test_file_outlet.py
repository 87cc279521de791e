"""Checkpoints in a file: every one, once, in order, and a file that knows more is believed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.adapters.outlets.file import FileOutlet, read_file
from tocsin.core.checkpoint import Checkpoint, Head, first_break, read, seal, written
from tocsin.core.errors import Conflict, Invalid, Unavailable
from tocsin.core.timeline import ANCHOR


def checkpoints(count: int, *, text: str = "a", heads: int = 1) -> list[Checkpoint]:
    """Return a chain of checkpoints."""
    made: list[Checkpoint] = []
    for seq in range(1, count + 1):
        plain = Checkpoint(
            seq=seq,
            at=datetime(2026, 1, 5, 3, seq, tzinfo=UTC),
            heads=tuple(Head(chain=each, seq=seq, sha256=text * 64) for each in range(heads)),
            previous_sha256=made[-1].sha256 if made else ANCHOR,
        )
        made.append(
            Checkpoint(
                **{name: getattr(plain, name) for name in ("seq", "at", "heads")},
                previous_sha256=plain.previous_sha256,
                sha256=seal(plain),
            )
        )
    return made


class Database:
    """What the outlet asks for checkpoints."""

    def __init__(self, held: Sequence[Checkpoint]) -> None:
        self.held = held

    def after(self, seq: int) -> list[Checkpoint]:
        return [each for each in self.held if each.seq > seq]


@pytest.mark.parametrize("heads", [0, 1, 3000])
def test_what_is_missing_is_appended_and_nothing_twice(tmp_path: Path, heads: int) -> None:
    """Also where a line is longer than what is read from the file's end at once."""
    path, all_of_them = tmp_path / "checkpoints", checkpoints(3, heads=heads)
    outlet = FileOutlet(path)

    for upto in (1, 1, 3):
        outlet.send(Database(all_of_them[:upto]).after)

    assert read_file(path) == all_of_them
    assert first_break(read_file(path)) == ""


def test_half_a_line_that_a_crash_left_is_written_anew(tmp_path: Path) -> None:
    """The line's end is what makes it a line."""
    path, both = tmp_path / "checkpoints", checkpoints(2)
    path.write_text(written(both[0]) + "\n" + written(both[1])[:40])

    FileOutlet(path).send(Database(both).after)

    assert read_file(path) == both


@pytest.mark.parametrize("held", [checkpoints(1), checkpoints(3, text="b"), []])
def test_a_database_that_holds_others_is_told_of(tmp_path: Path, held: list[Checkpoint]) -> None:
    """Put back from a backup, cut or rewritten: the file is not overwritten."""
    path = tmp_path / "checkpoints"
    FileOutlet(path).send(Database(checkpoints(2)).after)

    with pytest.raises(Conflict, match="does not hold"):
        FileOutlet(path).send(Database(held).after)
    assert read_file(path) == checkpoints(2)


def test_a_place_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    """It is told, and tried again; nothing else is held up by it."""
    with pytest.raises(Unavailable, match="cannot be written"):
        FileOutlet(tmp_path / "none" / "checkpoints").send(Database(checkpoints(1)).after)
    with pytest.raises(Unavailable, match="cannot be read"):
        read_file(tmp_path / "none")


@pytest.mark.parametrize(
    "line",
    [
        "x",
        "{}",
        "[1]",
        "null",
        '{"checkpoint":1}',
        "[" * 100_000,
        written(checkpoints(1)[0]).replace("aaa", "aab", 1),
        written(checkpoints(1)[0]).replace("03:01", "03:02", 1),
    ],
)
def test_a_line_that_is_none_or_was_altered_is_refused(line: str) -> None:
    """Whoever can write to the file must not be able to vouch for anything."""
    with pytest.raises(Invalid):
        read(line)
