"""What comes from outside stands in a post-mortem as text, and as nothing else."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from tocsin.records.postmortem import fenced, plain


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("- item", r"\- item"),
        ("+ item", r"\+ item"),
        ("12) item", r"12\) item"),
        ("1. item", r"1\. item"),
        ("&lt;b&gt;", r"\&lt;b\&gt;"),
        ("see http://evil.test", r"see http\://evil.test"),
        ("www.evil.test", r"www\.evil.test"),
        ("rm\u202e-rf", "rm⟨U+202E⟩-rf"),
        ("a\x1b]8;;x\x07b", "a⟨U+001B⟩\\]8;;x⟨U+0007⟩b"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("10:30, 3.5 % of it", "10:30, 3.5 % of it"),
    ],
)
def test_text_means_only_itself(text: str, written: str) -> None:
    """No list, link, entity or escape sequence, whoever shows the document."""
    assert plain(text) == written


@pytest.mark.parametrize(
    "text",
    ["- item", "1. item", "# x", "&lt;b&gt;", "[a](b)", "---", "http://a.test", "a | b", "$x$"],
)
def test_a_reader_sees_what_was_said(text: str) -> None:
    """What is escaped is shown without the escape."""
    (_, _, _, inline, *_) = MarkdownIt("commonmark").parse(f"- {plain(text)}")

    assert "".join(each.content for each in inline.children or ()) == text


def test_a_fence_shows_what_cannot_be_seen() -> None:
    """Somebody will print the document on a terminal."""
    assert fenced("a\x1b[2Jb\x9b\u200b\r\n```\n")[1:-1] == ["ab⟨U+009B⟩⟨U+200B⟩", "```"]
