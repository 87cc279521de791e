"""Templates, and the few things they need said in words: times, counts, odd characters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from tocsin import __version__
from tocsin.core.times import write_duration
from tocsin.core.visible import (
    Kind,
    Mark,
    is_harmless,
    mark,
    marks,
    readable,
    without_colours,
)
from tocsin.web.wire import Reply, html_reply

SHORT_OUTPUT_LINES = 12
"""Output up to this long is shown as it is; more is folded away."""

_CARD_LINES = 6  # of an output that lies on a card
_NAMES = 5  # of people who could

_OPTION = re.compile(r"(?<!\S)(-[\w-]{1,30})(?![\w-])")


def visible(text: str) -> Markup:
    """Return a command as markup in which nothing can hide."""
    return Markup("").join(map(_marked, marks(text)))


def _marked(each: Mark) -> Markup:
    if each.kind is Kind.PLAIN:
        return _with_whole_options(each.shown)
    return Markup('<span class="{}-one" title="{}">{}</span>').format(
        each.kind, each.name, each.shown
    )


def _with_whole_options(text: str) -> Markup:
    """Return plain text in which no line breaks within an option: `--from`, not `-` and `-from`."""
    pieces = _OPTION.split(text)  # every second one is an option
    return Markup("").join(
        Markup('<span class="whole">{}</span>').format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(pieces)
    )


def _seen_where_odd(character: str) -> Markup:
    return escape(character) if is_harmless(character) else _marked(mark(character))


def output(text: str) -> Markup:
    """Return what a command printed: colours dropped, characters that could hide written out."""
    lines = without_colours(text).split("\n")
    return Markup("\n").join(
        escape(line) if line.isprintable() else Markup("").join(map(_seen_where_odd, line))
        for line in lines
    )


def _readable(value: object) -> object:
    """Return a blank's value as it may be shown anywhere, in an attribute or a title too."""
    return readable(value) if type(value) is str else value


def moment(written: str | None) -> datetime | None:
    """Return the instant that `present` wrote."""
    return datetime.fromisoformat(written) if written else None


def clock(written: str | None) -> str:
    """Return the time of day in UTC, as `03:00:12`."""
    at = moment(written)
    return at.strftime("%H:%M:%S") if at else ""


def day_and_clock(written: str | None) -> str:
    """Return day and minute in UTC, as `5 Jan 03:00`."""
    at = moment(written)
    return f"{at.day} {at:%b %H:%M}" if at else ""


def elapsed(written: str | None, now: datetime) -> str:
    """Return how long ago that was, as `12m5s`; for what is to come, in how long."""
    at = moment(written)
    return write_duration(now - at) if at else ""


def over(written: str, now: datetime) -> bool:
    """Whether that instant has passed."""
    at = moment(written)
    return at is not None and at < now


def lasted(incident: Mapping[str, str | None]) -> str:
    """Return how long an incident was open, as `12m5s`."""
    opened, resolved = moment(incident["opened_at"]), moment(incident["resolved_at"])
    return write_duration(resolved - opened) if opened and resolved else ""


def took(run: Mapping[str, str | None]) -> str:
    """Return how long a step run took: `40 ms`, `2.1 s`, `1m5s`; empty if it did not end."""
    started, finished = moment(run["started_at"]), moment(run["finished_at"])
    if not started or not finished or finished < started:
        return ""
    seconds = (finished - started).total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else write_duration(finished - started)


def line_count(text: str) -> int:
    """Return how many lines there are."""
    return len(text.splitlines())


def last_lines(text: str) -> str:
    """Return the end of a text: what a card has room for."""
    lines = text.split("\n")
    if len(lines) <= _CARD_LINES:
        return text
    return "\n".join(("…", *lines[-_CARD_LINES:]))


def listed(names: Sequence[str]) -> str:
    """Return some names as one says them: `ada, grace or linus`; the first few of many."""
    first = list(names[:_NAMES])
    if len(names) > _NAMES:
        first.append("others")
    return " or ".join((", ".join(first[:-1]), first[-1])) if len(first) > 1 else "".join(first)


def plural(number: int, word: str) -> str:
    """Return `1 step`, `2 steps`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _environment() -> Environment:
    folder = Path(__file__).parent.parent / "templates"
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_readable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        visible=visible,
        output=output,
        clock=clock,
        day=day_and_clock,
        elapsed=elapsed,
        over=over,
        lasted=lasted,
        took=took,
        line_count=line_count,
        listed=listed,
        plural=plural,
        last_lines=last_lines,
    )
    made.globals.update(version=__version__, short_output=SHORT_OUTPUT_LINES)
    return made


_TEMPLATES = _environment()


def fill(template: str, **values: object) -> str:
    """Return the template with its blanks filled; everything is escaped."""
    return _TEMPLATES.get_template(template).render(**values)


def shown(template: str, *, status: int = 200, **values: object) -> Reply:
    """Return a whole page."""
    return html_reply(fill(template, **values), status=status)


def partial(target: str, markup: str) -> str:
    """Return a part of a page that finds its own place; focus and open folds stay."""
    return f'<hx-partial hx-target="#{target}" hx-swap="innerMorph">{markup}</hx-partial>'


def utc(now: datetime) -> datetime:
    """Return `now` in UTC, as templates expect it."""
    return now.astimezone(UTC)
