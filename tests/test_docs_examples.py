"""What the pages about runbooks show is what the reader makes of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tocsin.cli.commands.read import command

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = ("how-to/write-a-runbook.md", "reference/recognised.md")
_SHOWN = re.compile(r"^````markdown\n(.*?)^````\n(.*?)^```text\n(.*?)^```$", re.M | re.S)


def shown() -> list[tuple[str, str]]:
    """Return each example of the pages with what stands below it as its reading."""
    pages = ((DOCS / page).read_text() for page in PAGES)
    return [
        (text, reading)
        for page in pages
        for text, between, reading in _SHOWN.findall(page)
        if "````" not in between
    ]


@pytest.mark.parametrize(("text", "reading"), shown())
def test_an_example_is_read_as_the_page_says(text: str, reading: str, tmp_path: Path) -> None:
    """People copy it."""
    (tmp_path / "example.md").write_text(text)
    printed = CliRunner().invoke(command, [str(tmp_path / "example.md")]).output
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    for line in reading.splitlines():
        assert " ".join(line.split()) in lines, printed


def test_the_pages_have_examples() -> None:
    """A page whose form changed would pass unread."""
    assert len(shown()) >= 8
