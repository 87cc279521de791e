"""Nothing in a command hides from whoever approves it."""

from __future__ import annotations

import pytest

from tocsin.core.visible import Kind, marks, oddities, readable, written_out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rm \u202e/tmp", "rm ⟨U+202E⟩/tmp"),
        ("a\u200bb", "a⟨U+200B⟩b"),
        ("a\x1b[2Kb", "a⟨U+001B⟩[2Kb"),
        ("a\rb", "a⟨U+000D⟩b"),
        ("a\u00a0b", "a⟨U+00A0⟩b"),
        ("e\u0301", "e⟨U+0301⟩"),
        ("\u0430ll", "\u0430⟨U+0430⟩ll"),
    ],
)
def test_what_hides_or_passes_for_another_is_written_out(text: str, shown: str) -> None:
    """Direction, zero width, control, other spaces, joined marks, look-alikes."""
    assert written_out(text) == shown
    assert oddities(text)


def test_plain_commands_stay_as_they_are() -> None:
    """With their lines, tabs and indentation."""
    text = "if true; then\n\techo 'a  b'\n    ls -l\nfi"

    assert written_out(text) == text
    assert oddities(text) == ()


@pytest.mark.parametrize("run", [" " * 200, "\t" * 30, " " * 6])
def test_a_long_run_of_spaces_is_counted(run: str) -> None:
    """What stands far to the right is not out of sight."""
    assert written_out(f"ls{run}; rm -rf /") == f"ls ⟨{len(run)} spaces⟩ ; rm -rf /"


def test_a_long_run_of_empty_lines_is_counted() -> None:
    """Nor what stands far below."""
    assert "⟨39 empty lines⟩" in written_out("ls" + "\n" * 40 + "rm -rf /")


def test_every_character_is_shown_once_in_order() -> None:
    """Marking leaves nothing out."""
    text = "a\u202eb\u0430 " * 50

    kinds = [each.kind for each in marks(text)]
    shown = "".join(each.shown for each in marks(text))

    assert shown == text.replace("\u202e", "⟨U+202E⟩")
    assert kinds.count(Kind.HIDDEN) == kinds.count(Kind.ODD) == 50


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ünruhe für │ 数", "Ünruhe für │ 数"),
        ("\x1b[31mred\x1b[0m\r\nend", "red\nend"),
        ("a\u202eb\x00\u00a0", "a⟨U+202E⟩b⟨U+0000⟩⟨U+00A0⟩"),
        ("over\rwritten", "over⟨U+000D⟩written"),
    ],
)
def test_prose_keeps_its_letters_and_hides_nothing(text: str, shown: str) -> None:
    """A name is no attack; what moves or hides others is written out."""
    assert readable(text) == shown
