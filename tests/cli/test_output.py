"""How the command line speaks: nothing a terminal obeys, columns that stand straight."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.cli import output

AT = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)


@given(st.text())
def test_what_is_shown_on_a_line_can_always_be_printed(text: str) -> None:
    """Control, direction and surrogate characters of any kind become escapes."""
    assert output.visible(text).isprintable()


@given(st.text(st.characters(codec="utf-8")))
def test_printable_text_is_left_alone(text: str) -> None:
    """Including every letter of every language."""
    printable = "".join(filter(str.isprintable, text))

    assert output.visible(printable) == printable
    assert output.visible_lines(printable) == printable


@given(st.text(), st.integers(2, 30))
def test_wrapped_lines_are_never_wider_and_lose_nothing(text: str, width: int) -> None:
    """Words stay whole where they fit; what is too long is cut, not dropped."""
    lines = output.wrapped(text, width)

    assert all(_columns(line) <= width or not line.strip() for line in lines)
    assert "".join("".join(lines).split()) == "".join(output.visible(text).split())


def _columns(text: str) -> int:
    """Return the least that a text can take on a screen: an accent stands over its letter."""
    return sum(not unicodedata.combining(character) for character in text)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 5, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("  two deep here", 10, ["  two deep", "here"]),
        ("漢字漢字", 4, ["漢字", "漢字"]),
        ("a\nb", 9, [r"a\nb"]),
    ],
)
def test_text_is_wrapped_by_what_it_takes_on_the_screen(
    text: str, width: int, lines: list[str]
) -> None:
    """Wide characters take two columns, and an indentation is kept."""
    assert output.wrapped(text, width) == lines


def test_both_edges_can_be_reached() -> None:
    """By columns, not by characters."""
    assert output.right("漢", 4) == "  漢"
    assert output.left("漢", 4) == "漢  "
    assert output.left("long", 2) == "long"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("a\rb", r"a\rb"),
        ("\x9b31m", r"\x9b31m"),
        ("abc\u202edef", r"abc\u202edef"),
        ("a\nb\tc", r"a\nb\tc"),
        ("no\u00a0break", "no break"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_a_terminal_would_act_on_is_escaped(text: str, shown: str) -> None:
    """Clearing, overwriting, colouring, reversing: all of it can hide a command."""
    assert output.visible(text) == shown


def test_several_lines_keep_their_breaks_and_tabs() -> None:
    """A command must be read as it is written."""
    assert output.visible_lines("if a\n\tthen\r\n") == "if a\n\tthen\\r\n"


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_says_the_same_and_nothing_to_the_terminal(value) -> None:
    """Escaped where it must be, readable where it may be."""
    written: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output.click, "echo", written.append)
        output.say_json(value)

    assert all(character.isprintable() or character == "\n" for character in written[0])
    assert json.loads(written[0]) == value or "\\ud" in written[0]


def test_columns_stand_under_each_other_in_any_script() -> None:
    """A service may be called 注文; its name takes four columns."""
    rows = [[output.cell("注文"), output.cell("x")], [output.cell("shop"), output.cell("y")]]

    assert output.aligned(rows, indent=" ") == [" 注文  x", " shop  y"]


def test_the_last_column_is_not_padded() -> None:
    """No trailing blanks in anything that is pasted into a ticket."""
    rows = [[output.cell("a"), output.cell("long text")], [output.cell("b"), output.cell("")]]

    assert output.aligned(rows) == ["a  long text", "b"]


def test_times_are_told_from_now() -> None:
    """What a person wants to know is how long, and which way."""
    assert output.since("2026-01-05T02:56:00.000Z", AT) == "4m"
    assert output.until("2026-01-05T03:05:00.000Z", AT) == "in 5m"
    assert output.until("2026-01-05T02:55:00.000Z", AT) == "5m ago"
    assert (output.since(None, AT), output.until(None, AT)) == ("–", "–")


def test_a_document_for_a_file_is_not_touched(capsys: pytest.CaptureFixture[str]) -> None:
    """Redirected, the post-mortem is the post-mortem."""
    output.say_document("# Title\n\x1b[1mwhat the log said\n")

    assert capsys.readouterr().out == "# Title\n\x1b[1mwhat the log said\n"
