"""How the command line speaks: data on stdout, talk on stderr, nothing that a terminal obeys.

Alert text, command output and what a server says come from anywhere. Whatever a terminal
would act on (escape sequences, a reversal of direction, a carriage return that overwrites
the line) is shown as its escape instead.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from tocsin.core.errors import Problem
from tocsin.core.times import write_duration

Paint = Callable[[str], str]


def visible(text: object) -> str:
    """Return text for one line: what cannot be printed is escaped, a line break too."""
    return "".join(map(_visible_character, str(text)))


def visible_lines(text: object) -> str:
    """Return text of several lines; line breaks and tabs stay what they are."""
    return "".join(
        character if character in "\n\t" else _visible_character(character)
        for character in str(text)
    )


def _visible_character(character: str) -> str:
    if character.isprintable():
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape", "surrogatepass").decode()


def say(line: str = "") -> None:
    """Print data: one line on stdout, in colour where a terminal wants it."""
    click.echo(line, color=_colour())


def tell(line: str) -> None:
    """Print talk: one line on stderr."""
    click.echo(line, err=True, color=_colour())


def tell_problem(problem: Problem) -> None:
    """Print what is wrong and what to try, on stderr."""
    tell(visible_lines(problem.message))
    if problem.hint:
        tell(visible_lines(problem.hint))


def say_json(value: Any) -> None:
    """Print a value as JSON that is readable, and harmless to a terminal."""
    written = json.dumps(value, indent=2, ensure_ascii=False)
    click.echo("".join(c if c.isprintable() or c == "\n" else _json_escape(c) for c in written))


def say_document(text: str) -> None:
    """Print a document: exactly as it is into a file or pipe, made visible on a terminal."""
    shown = visible_lines(text) if sys.stdout.isatty() else text
    # a file gets the escapes, too: click would strip them
    click.echo(shown, nl=not shown.endswith("\n"), color=True)


def _json_escape(character: str) -> str:
    return json.dumps(character)[1:-1] if ord(character) > 0x7E else f"\\u{ord(character):04x}"


def _colour() -> bool | None:
    """Return False where colour is unwanted, else None: click looks for a terminal."""
    return False if os.environ.get("NO_COLOR") else None


def painted(**style: Any) -> Paint:
    """Return a function that gives its text this style."""
    return lambda text: click.style(text, **style)


def plain(text: str) -> str:
    """Return the text as it is: the paint of what needs none."""
    return text


def many(count: int, thing: str) -> str:
    """Return a count with its noun: `1 rule`, `2 rules`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


Cell = tuple[str, Paint]


def cell(text: object, paint: Paint = plain) -> Cell:
    """Return one cell of a table; its text is made visible."""
    return visible(text), paint


def aligned(rows: Sequence[Sequence[Cell]], *, indent: str = "") -> list[str]:
    """Return the rows as lines whose columns stand under each other; the last one runs free."""
    widths = [max(map(_width, column)) for column in zip(*_texts(rows), strict=True)] or [0]
    return [indent + _row(row, widths).rstrip() for row in rows]


def _texts(rows: Sequence[Sequence[Cell]]) -> Iterable[list[str]]:
    return ([text for text, _ in row] for row in rows)


def _row(row: Sequence[Cell], widths: Sequence[int]) -> str:
    last = len(row) - 1
    return "  ".join(
        paint(text) + ("" if place == last else " " * (widths[place] - _width(text)))
        for place, (text, paint) in enumerate(row)
    )


def _width(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    joined = sum(bool(unicodedata.combining(character)) for character in text)
    return len(text) + wide - joined


def wrapped(text: str, width: int) -> list[str]:
    """Return text as lines of at most `width` columns, broken between words where it can be.

    The text is made visible. There is always one line, if only an empty one.
    """
    shown = visible(text)
    lines = [shown[: len(shown) - len(shown.lstrip(" "))]]  # an indentation is kept
    for word in shown.lstrip(" ").split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1].strip() else lines[-1] + word
        if _width(joined) <= width:
            lines[-1] = joined
            continue
        pieces = _pieces(word, width)
        lines = (lines if lines[-1] else []) + pieces
    return lines


def _pieces(word: str, width: int) -> list[str]:
    """Return a word cut into pieces that each take at most `width` columns."""
    pieces = [""]
    for character in word:
        if pieces[-1] and _width(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def right(text: str, width: int) -> str:
    """Return text with spaces before it, so that it ends in column `width`."""
    return " " * (width - _width(text)) + text


def left(text: str, width: int) -> str:
    """Return text with spaces behind it, so that what follows begins in column `width`."""
    return text + " " * (width - _width(text))


def columns() -> int:
    """Return how many columns to write in: the terminal's, within reason; else 80."""
    return min(max(shutil.get_terminal_size().columns, 40), 100)


def now() -> datetime:
    """Return the present; the command line is an edge and may read the clock."""
    return datetime.now(UTC)


def instant(text: str | None) -> datetime | None:
    """Return the instant that the server wrote, or None where it wrote none."""
    return datetime.fromisoformat(text) if text else None


def since(text: str | None, at: datetime) -> str:
    """Return how long ago the written instant was, as `4m`; a dash where there is none."""
    began = instant(text)
    return write_duration(at - began) if began else "–"


def until(text: str | None, at: datetime) -> str:
    """Return how far off the written instant is: `in 4m`, or `4m ago`."""
    due = instant(text)
    if due is None:
        return "–"
    length = write_duration(due - at)
    return f"in {length}" if due >= at else f"{length} ago"
