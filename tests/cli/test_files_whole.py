"""A file is written whole or not at all."""

from __future__ import annotations

import resource
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.cli.files import write_file
from tocsin.core.errors import Unavailable

BEFORE = "# Night\n"


@pytest.fixture
def _no_room() -> Iterator[None]:
    """Let no file grow beyond 4 kB, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


@pytest.mark.usefixtures("_no_room")
def test_a_full_disk_costs_nobody_the_old_text(tmp_path: Path) -> None:
    """It is the team's only copy, perhaps."""
    book = tmp_path / "night.md"
    book.write_text(BEFORE)
    with pytest.raises(Unavailable) as refused:
        write_file(book, "x" * 100_000)
    assert refused.value.code == "file.unwritable"
    assert book.read_text() == BEFORE
    assert [path.name for path in tmp_path.iterdir()] == ["night.md"]


def test_mode_and_link_stay(tmp_path: Path) -> None:
    """A script stays executable, and what several folders share stays shared."""
    book, link = tmp_path / "night.md", tmp_path / "link.md"
    book.write_text(BEFORE)
    book.chmod(0o640)
    link.symlink_to(book)
    write_file(link, "# Day\n")
    assert link.is_symlink()
    assert book.read_text() == "# Day\n"
    assert stat.S_IMODE(book.stat().st_mode) == 0o640
