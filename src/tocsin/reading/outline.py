"""A document as one flat row of parts with their lines, and the tree of its sections.

Everything the extractors ask is "what stands under this label, until the next one", so a
row with nesting depths answers it more simply than the parser's tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tocsin.reading.anchors import plain

_LEAD = re.compile(
    r"^(?:\*\*|__)(?P<name>[^*_].*?)(?P<in>:?)(?:\*\*|__)\s*(?P<out>:?)\s*(?P<rest>.*)$"
)
_QUALIFIER = re.compile(r"^\(([^()]*)\)\s*(:?)\s*(.*)$")
_TASK = re.compile(r"^\[[ xX]\]\s+")


_SETTING = re.compile(r"^\s*(?:#|-\s|[\w.\"'-]+\s*[:=]|\[|\s+\S)")
_MORE_THAN = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+>\s*\d")
_FILLED_IN = re.compile(r"(?:<%=.*%>|\{\{.*\}\})$")
_TITLE = re.compile(r"^title\s*[:=]\s*(?P<title>\S.*?)\s*$")
_LONGEST_FRONT_MATTER = 200  # lines
_LONGEST_LEAD = 2000  # characters in which a label and its colon are looked for


class Kind(Enum):
    """What a part is."""

    HEADING = auto()
    LEAD = auto()  # a paragraph line that starts with a bold label
    LINE = auto()  # any other line of a paragraph
    ITEM = auto()
    FENCE = auto()
    ROW = auto()  # of a table


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One piece of the document. `line` and `end` are 1-based and inclusive."""

    kind: Kind
    line: int
    end: int
    text: str = ""  # as written; of a fence the code, of an item its first paragraph
    level: int = 0  # of a heading; of an item, how deep its list is nested, from 0
    ordered: bool = False
    task: bool = False  # of an item: whether it has a box to tick
    label: str = ""  # of a fence: the info string; of a lead or bold item: the bold words
    rest: str = ""  # of a lead or bold item: what follows the label
    qualifier: str = ""  # of a lead or bold item: the parenthesis behind the label
    cells: tuple[str, ...] = ()
    header: tuple[str, ...] = ()  # of a row: the header cells of its table
    closed: bool = True
    code: bool = False  # of a line: whether it stands in an indented block
    quoted: bool = False  # of a paragraph: whether it stands in a block quotation


@dataclass(slots=True)
class Section:
    """A heading with everything below it up to the next one of its level or above."""

    heading: Part
    parent: Section | None = None
    own: list[Part] = field(default_factory=list)  # before the first heading below it
    children: list[Section] = field(default_factory=list)
    title: str = field(init=False)  # the heading without its marks

    def __post_init__(self) -> None:
        self.title = plain(self.heading.label or self.heading.text)

    def parts(self) -> list[Part]:
        """Return everything in the section in order, headings below it included."""
        found: list[Part] = []
        waiting: list[Section | Part] = [*reversed(self.children), *reversed(self.own)]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Section):
                found.append(part.heading)
                waiting += [*reversed(part.children), *reversed(part.own)]
            else:
                found.append(part)
        return found

    def ancestors(self) -> list[Section]:
        """Return the sections around this one, innermost first."""
        found = []
        above = self.parent
        while above is not None:
            found.append(above)
            above = above.parent
        return found


def _parser() -> MarkdownIt:
    """Only blocks are needed: inline text stays as written."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


_PARSER = _parser()


def parts_of(text: str) -> list[Part]:
    """Return the parts of a Markdown text in order."""
    lines = text.split("\n")
    settings = front_matter(lines)
    titled = _title_in(lines[:settings])
    lines[:settings] = [""] * settings
    parts = _Walk(lines).walk(_PARSER.parse("\n".join(lines)))
    if any(part.kind is Kind.HEADING and part.level == 1 for part in parts):
        return [_named(part, titled) for part in parts]
    return [*titled, *parts]


def _named(part: Part, titled: Sequence[Part]) -> Part:
    """Return a heading that the site fills in with what it fills in: the title of the page."""
    if part.kind is Kind.HEADING and titled and _FILLED_IN.match(part.text):
        return replace(part, label=titled[0].text)
    return part


def _title_in(settings: Sequence[str]) -> list[Part]:
    """Return the title among the settings as the heading that a site puts above the text."""
    for number, line in enumerate(settings, start=1):
        found = _TITLE.match(line)
        if found:
            text = found["title"].strip("\"'")
            return [Part(kind=Kind.HEADING, line=number, end=number, text=text, level=1)]
    return []


def front_matter(lines: Sequence[str]) -> int:
    """Return how many lines on top are settings of a site generator: they are no content."""
    if lines[0].rstrip() not in ("---", "+++"):
        return 0
    for number, line in enumerate(lines[1:_LONGEST_FRONT_MATTER], start=1):
        if line.rstrip() == lines[0].rstrip():
            return number + 1
        if line.strip() and not _SETTING.match(line):
            break
    return 0


def sections_of(parts: list[Part]) -> list[Section]:
    """Return every section in document order; `parent` and `children` make the tree."""
    root = Section(Part(kind=Kind.HEADING, line=0, end=0))
    found: list[Section] = [root]
    here = root
    for part in parts:
        if part.kind is not Kind.HEADING:
            here.own.append(part)
            continue
        above = here
        while above.parent is not None and above.heading.level >= part.level:
            above = above.parent
        here = Section(part, parent=above)
        above.children.append(here)
        found.append(here)
    return found


class _Walk:
    """Turns tokens into parts; knows which lists and tables are open."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._parts: list[Part] = []
        self._lists: list[bool] = []  # ordered?
        self._item: int | None = None  # line of an item whose text is still to come
        self._heading: Token | None = None
        self._quotes = 0  # how many quotations are open
        self._header: tuple[str, ...] = ()
        self._cells: list[str] | None = None
        self._row = 0

    def walk(self, tokens: list[Token]) -> list[Part]:
        for token in tokens:
            self._see(token)
        return self._parts

    def _see(self, token: Token) -> None:
        kind = token.type
        if kind == "inline":
            self._inline(token)
        elif kind in ("fence", "code_block"):
            self._fence(token)
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self._lists.append(kind.startswith("ordered"))
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        else:
            self._frame(token)

    def _frame(self, token: Token) -> None:
        if token.type == "list_item_open":
            self._item = _first(token)
        elif token.type == "heading_open":
            self._heading = token
        elif token.type == "table_open":
            self._header = ()
        elif token.type == "tr_open":
            self._cells, self._row = [], _first(token)
        elif token.type == "tr_close":
            self._end_row()
        elif token.type in ("blockquote_open", "blockquote_close"):
            self._quotes += token.nesting

    def _end_row(self) -> None:
        cells, self._cells = tuple(self._cells or ()), None
        if not self._header:
            self._header = cells
            return
        self._parts.append(
            Part(kind=Kind.ROW, line=self._row, end=self._row, cells=cells, header=self._header)
        )

    def _inline(self, token: Token) -> None:
        if self._cells is not None:
            self._cells.append(token.content.strip())
        elif self._heading is not None:
            self._parts.append(
                Part(
                    kind=Kind.HEADING,
                    line=_first(token),
                    end=_last(token),
                    text=token.content.strip(),
                    level=int(self._heading.tag[1]),
                )
            )
            self._heading = None
        elif self._item is not None:
            self._parts.append(self._item_part(token, self._item))
            self._item = None
        else:
            self._paragraph(token)

    def _item_part(self, token: Token, line: int) -> Part:
        written = " ".join(token.content.split("\n")).strip()
        if _MORE_THAN.match(self._lines[line - 1]):  # no quotation, whatever CommonMark says
            written = f">{written}"
        text = _TASK.sub("", written)
        label, qualifier, rest = lead_of(text) or ("", "", "")
        return Part(
            kind=Kind.ITEM,
            line=line,
            end=_last(token),
            text=text,
            level=len(self._lists) - 1,
            ordered=self._lists[-1] if self._lists else False,
            task=text != written,
            label=label,
            qualifier=qualifier,
            rest=rest,
        )

    def _paragraph(self, token: Token) -> None:
        """Each line by itself: fields often stand in one paragraph with hard breaks."""
        for offset, line in enumerate(token.content.split("\n")):
            text = line.strip().removesuffix("\\").strip()
            lead = lead_of(text)
            number = _first(token) + offset
            label, qualifier, rest = lead or ("", "", "")
            self._parts.append(
                Part(
                    kind=Kind.LEAD if lead and not self._lists else Kind.LINE,
                    line=number,
                    end=number,
                    text=text,
                    level=len(self._lists),
                    label=label,
                    qualifier=qualifier,
                    rest=rest,
                    quoted=bool(self._quotes),
                )
            )

    def _fence(self, token: Token) -> None:
        if token.type == "code_block":
            self._parts += self._code(token)
            return
        last = _last(token)
        closing = self._lines[last - 1].strip() if last <= len(self._lines) else ""
        closed = last > _first(token) and set(closing) == {token.markup[0]}
        self._parts.append(
            Part(
                kind=Kind.FENCE,
                line=_first(token),
                end=last,
                text=token.content,
                label=token.info.strip(),
                level=len(self._lists),
                closed=closed,
            )
        )
        self._item = None

    def _code(self, token: Token) -> Iterator[Part]:
        """Yield an indented block line by line: it is text, for it has no fences."""
        for number, line in enumerate(token.content.split("\n"), start=_first(token)):
            if line.strip():
                level = len(self._lists)
                yield Part(
                    kind=Kind.LINE, line=number, end=number, text=line, level=level, code=True
                )


def _first(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0


def _last(token: Token) -> int:
    return token.map[1] if token.map else 0


def lead_of(text: str) -> tuple[str, str, str] | None:
    """Return (label, qualifier, rest) where `text` starts with a bold label.

    A label ends in a colon, inside the bold or behind it, or is the whole line.
    """
    found = _LEAD.match(text[:_LONGEST_LEAD])
    if found is None:
        return None
    name, rest, qualifier = plain(found["name"]), found["rest"], ""
    colon = bool(found["in"] or found["out"])
    if not colon and (behind := _QUALIFIER.match(rest)):
        qualifier, colon, rest = behind[1], bool(behind[2]), behind[3]
    if rest and not colon:
        return None
    return name, qualifier, (rest + text[_LONGEST_LEAD:]).strip()
