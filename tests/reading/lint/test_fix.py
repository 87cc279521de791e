"""Mending: exactly what was meant, in any handwriting, and nothing the second time."""

from __future__ import annotations

import pytest

from lint_bench import document
from tocsin.reading.lint.fix import diff, mended
from tocsin.reading.lint.library import Library
from tocsin.reading.lint.lint import chosen, lint

TEXT = """# Night

## Lamp dark

1. **Look**
   ```bash
  docker-compose ps
   tail -100 /var/log/lamp.log
   curl http://lamp.test/health
   ```

Ãœber allem: ruhig bleiben.
"""
MENDED = """# Night

## Lamp dark

1. **Look**
   ```bash
   docker compose ps
   tail -n 100 /var/log/lamp.log
   curl -f http://lamp.test/health
   ```

Über allem: ruhig bleiben.
"""


def fixed(text: str) -> str:
    """Return the text as `--fix` would write it."""
    return mended(text, lint(Library(documents=(document(text),)), chosen()))


@pytest.mark.parametrize("begin", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_all_mends_are_made_at_once_and_line_ends_stay(begin: str, end: str, last: bool) -> None:
    """Where the last line has no end it gets the one that the others have."""
    text = begin + (TEXT if last else TEXT.removesuffix("\n")).replace("\n", end)
    once = fixed(text)
    assert once == begin + MENDED.replace("\n", end)
    assert fixed(once) == once


def test_text_damaged_twice_is_mended_in_one_go() -> None:
    """A second run that finds more makes people doubt the first."""
    twice = "# Größe\n".encode().decode("cp1252").encode().decode("cp1252")
    assert fixed(twice) == "# Größe\n"


@pytest.mark.parametrize(
    "command",
    [
        "grep -c docker-compose notes.txt; docker-compose ps",
        "/opt/bin/docker-compose ps",
        "apt-get install php-curl libcurl4; echo 'curl is there'; curl http://lamp.test/",
        "echo 'tail -50 is old'; tail -50 lamp.log",
    ],
)
def test_a_word_that_may_be_something_else_is_left_to_a_person(command: str) -> None:
    """An argument, a path or a text would be damaged; the finding stays without an edit."""
    text = f"# Night\n\n## Lamp dark\n\n```bash\n{command}\n```\n"
    assert fixed(text) == text


def test_every_command_of_a_line_is_mended() -> None:
    """Two in one line are two."""
    text = "# Night\n\n## Dark\n\n```bash\ndocker-compose stop && docker-compose start\n```\n"
    assert "docker compose stop && docker compose start" in fixed(text)


def test_what_is_accepted_with_a_reason_is_not_mended() -> None:
    """A comment that silences a finding keeps the line, too."""
    comment = "<!-- tocsin ignore DEP: the old machine has no other -->\n"
    text = f"# Night\n\n## Dark\n\n{comment}```bash\ndocker-compose ps\n```\n"
    assert fixed(text) == text


def test_tabs_in_a_fence_are_wide_enough() -> None:
    """Markdown counts a tab as far as the next fourth column."""
    text = "# Night\n\n## Dark\n\n1. Write\n   ```text\n\tlisten 80\n   ```\n"
    assert fixed(text) == text


def test_a_diff_has_the_lines_that_version_control_has() -> None:
    """A form feed, or a carriage return within, ends no line."""
    shown = diff("a.md", "one\x0cpage\ntwo", "one\x0cpage\nthree")
    assert shown.splitlines(keepends=True)[3].startswith(" one\x0c")
    assert shown.endswith("\n+three\n\\ No newline at end of file\n")
