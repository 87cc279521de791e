"""Strict looks at what the product shows: is every string still only a string?

Each look raises AssertionError with what it found. None of them knows the strings: they know
what our own pages, terminals and documents are made of, and refuse all else.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt

from hostile_strings import MARK

_TEMPLATES = Path(__file__).resolve().parents[1] / "src/tocsin/web/templates"
# what is not written in a template: spans of odd characters, parts that find their place, Markdown
_ELSEWHERE = {
    "span": {"class", "title"},
    "hx-partial": {"hx-target", "hx-swap"},
    "table": set(),
    "tr": set(),
    "th": set(),
    "td": set(),
    "thead": set(),
    "tbody": set(),
    "hr": set(),
    "em": set(),
}
_MARKED_IN = {"aria-label", "placeholder", "title", "value"}
"""Attributes that text from outside may stand in. In all others a mark is one too many."""

_ADDRESSES = {"action", "formaction", "href", "hx-post", "hx-get", "hx-sse:connect", "src"}
_OURS = re.compile(r"/(?:[A-Za-z0-9/_.~-]|%[0-9A-F]{2})*(\?[A-Za-z0-9._-]+)?|#[\w-]+|")
_COLOUR = re.compile(r"\x1b\[(?:[0-9]|2[1-9]|3[0-9])(?:;[0-9]+)*m")


@cache
def written() -> dict[str, set[str]]:
    """Return the elements that our templates have, each with the attributes it has anywhere."""
    found = {name: set(attributes) for name, attributes in _ELSEWHERE.items()}
    for file in _TEMPLATES.glob("*.html"):
        source = re.sub(r"\{[{%#].*?[}%#]\}", " ", file.read_text(), flags=re.DOTALL)
        for name, rest in re.findall(r"<([a-z][a-z0-9-]*)((?:\"[^\"]*\"|'[^']*'|[^>])*)>", source):
            names = re.findall(
                r"(?<=\s)([a-z][a-z0-9:-]*)", re.sub(r"\"[^\"]*\"|'[^']*'", "", rest)
            )
            found.setdefault(name, set()).update(names)
    # a form's attributes depend on the macro that makes it
    return {name: {*attributes, "id", "class"} for name, attributes in found.items()}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.text: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in written():
            self.wrong.append(f"element {tag}")
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name not in written().get(tag, set()) and not _is_drawing(tag):
            self.wrong.append(f"attribute {name} of {tag}: {value[:80]!r}")
        if name in _ADDRESSES and not _OURS.fullmatch(value):
            self.wrong.append(f"{name} of {tag}: {value[:80]!r}")
        if MARK.search(value) and name not in _MARKED_IN and not value.startswith("/people/"):
            self.wrong.append(f"a mark in {name} of {tag}: {value[:80]!r}")
        self.attributes.append(value)

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"comment {data[:80]!r}")

    def handle_pi(self, data: str) -> None:
        self.wrong.append(f"instruction {data[:80]!r}")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append(f"declaration {data[:80]!r}")


def _is_drawing(tag: str) -> bool:
    return tag in ("svg", "path", "circle")


def look_at_page(markup: str, *, what: str) -> str:
    """Return the text of a page of ours, in which nothing is that we did not write."""
    page = _Page()
    page.feed(markup)
    page.close()
    assert page.wrong == [], (what, Counter(page.wrong).most_common(5))
    assert_seen("".join((*page.text, *page.attributes)), what=what)
    return "".join(page.text)


def assert_seen(text: str, *, what: str) -> None:
    """Raise if anything is in the text that cannot be seen, or that a terminal obeys."""
    unseen = Counter(each for each in text if not each.isprintable() and each not in "\n\t")
    assert not unseen, (what, unseen, _around(text, unseen))


def _around(text: str, unseen: Counter[str]) -> str:
    at = text.index(next(iter(unseen)))
    return text[max(0, at - 60) : at + 60]


def look_at_terminal(said: str, *, what: str) -> str:
    """Return what a command line printed, in which a terminal obeys nothing but our colours."""
    plain = _COLOUR.sub("", said.replace("\r\n", "\n"))
    assert_seen(plain, what=what)
    return plain


_STRANGE = {
    "html_block",
    "html_inline",
    "link_open",
    "image",
    "strong_open",
    "s_open",
    "code_block",
}
_RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def look_at_markdown(text: str, *, headings: re.Pattern[str], what: str) -> None:
    """Look at a document as a renderer with everything switched on does."""
    assert_seen(text, what=what)
    tokens = _RENDERER.parse(text)
    found = [each for token in tokens for each in (token, *(token.children or ()))]
    strange = [(each.type, each.content[:80]) for each in found if each.type in _STRANGE]
    assert strange == [], what
    titles = [then.content for token, then in pairwise(tokens) if token.type == "heading_open"]
    assert [each for each in titles if not headings.match(each)] == [], what


def look_at_stream(raw: str, *, what: str) -> list[str]:
    """Return the data of each event of a stream, whose every line begins as ours do."""
    events: list[str] = []
    data: list[str] = []
    for line in re.split(r"\r\n|\r|\n", raw):
        assert line == "" or line.startswith(("data: ", ": still here")), (what, line[:80])
        if line.startswith("data: "):
            data.append(line.removeprefix("data: "))
        elif not line and data:
            events.append("\n".join(data))
            data = []
    return events
