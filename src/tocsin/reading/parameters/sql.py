"""A SQL statement with its placeholders bound parameters: `'<name>'` becomes `:TOCSIN_P_NAME`.

A database takes the value of such a parameter as a value, whatever it holds. Names of tables and
columns cannot be handed over so; a placeholder in their place is refused.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tocsin.core.parameter import PREFIX
from tocsin.reading.parameters.find import Place, placeholders
from tocsin.reading.parameters.rewritten import CannotFillIn, Rewritten, Slot, parameters_of

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # what it warns of, we refuse

_PIECE = re.compile(
    r"(?P<literal>'(?:[^']|'')*')|(?P<name>\"(?:[^\"]|\"\")*\"|`[^`]*`)"
    r"|(?P<remark>--[^\n]*|/\*.*?\*/)|(?P<dollar>\$\w*\$)",
    re.DOTALL,
)
_TYPED = re.compile(r"\b(INTERVAL|DATE|TIMESTAMP|TIMESTAMPTZ|TIME)\s*$", re.IGNORECASE)
_MARKED = re.compile(r"[A-Za-z_&]$")  # E'…', B'…', N'…': another way of reading it
_VALUES = (
    exp.Binary, exp.In, exp.Between, exp.Cast, exp.Func, exp.Paren, exp.Tuple, exp.Limit,
    exp.Offset,
)  # fmt: skip
_RUN_TEXT = re.compile(
    r"\b(query_to_\w+|dblink\w*|crosstab\w*|ts_stat|execute|cursor_to_\w+|set_config|load_extension)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    start: int
    end: int
    instead: str


def rewrite_sql(text: str, dialect: str = "postgres") -> Rewritten:
    """Return the statement with every placeholder a bound parameter."""
    places = [place for place in placeholders(text) if place.name]
    if not places:
        return Rewritten(text=text)
    slots: list[Slot] = []
    try:
        edits = list(_edits(text, places, slots, dialect))
        rewritten = _with(text, edits)
        if slots:
            _verify(text, rewritten, slots, dialect)
    except CannotFillIn as refusal:
        return Rewritten(text=text, refused=str(refusal))
    return Rewritten(text=rewritten, parameters=parameters_of(slots))


def _with(text: str, edits: list[_Edit]) -> str:
    for edit in sorted(edits, key=lambda each: each.start, reverse=True):
        text = text[: edit.start] + edit.instead + text[edit.end :]
    return text


def _edits(text: str, places: list[Place], slots: list[Slot], dialect: str) -> Iterator[_Edit]:
    """Yield what stands instead of each piece with placeholders; `slots` takes what they are."""
    pieces = list(_PIECE.finditer(text))
    for place in places:
        piece = next((one for one in pieces if one.start() <= place.start < one.end()), None)
        if piece is None and not place.bracketed and not place.doubtful:
            slots.append(_slot(place))
            yield _Edit(start=place.start, end=place.end, instead=f":{slots[-1].variable}")
        elif piece is not None and (piece["name"] or piece["dollar"]):
            raise CannotFillIn(place.written, "is part of a name")
    for piece in pieces:
        inside = [one for one in places if piece.start() <= one.start < piece.end()]
        inside = [one for one in inside if not (one.bracketed and _is_pattern(text, piece))]
        if piece["literal"] and inside:
            new = [_slot(place) for place in inside]
            slots += new
            yield _literal(text, piece, inside, new, dialect)


def _slot(place: Place) -> Slot:
    return Slot(name=place.name, written=place.written, pattern=place.pattern)


def _is_pattern(text: str, piece: re.Match[str]) -> bool:
    """Whether what stands in the quotes is compared as a pattern, where brackets mean something."""
    return bool(re.search(r"(~\*?|SIMILAR\s+TO|REGEXP)\s*$", text[: piece.start()], re.IGNORECASE))


def _literal(
    text: str, piece: re.Match[str], places: list[Place], slots: list[Slot], dialect: str
) -> _Edit:
    """Return the text in quotes as its pieces, joined by the database.

    Raises:
        CannotFillIn: It is a text of another kind, with escapes.
    """
    before = text[: piece.start()]
    typed = _TYPED.search(before)
    if "\\" in piece[0] or (_MARKED.search(before) and not typed):
        raise CannotFillIn(places[0].written, "stands in a text with escapes")
    parts, at = [], piece.start() + 1
    for place, slot in zip(places, slots, strict=True):
        parts += [f"'{text[at : place.start]}'", f":{slot.variable}"]
        at = place.end
    parts.append(f"'{text[at : piece.end() - 1]}'")
    kept = [part for part in parts if part != "''"]
    joined = kept[0] if len(kept) == 1 else _joined(kept, dialect)
    if typed:
        return _Edit(
            start=typed.start(), end=piece.end(), instead=f"CAST({joined} AS {typed[1].upper()})"
        )
    return _Edit(start=piece.start(), end=piece.end(), instead=joined)


def _joined(parts: list[str], dialect: str) -> str:
    return f"CONCAT({', '.join(parts)})" if dialect == "mysql" else f"({' || '.join(parts)})"


def _verify(text: str, rewritten: str, slots: list[Slot], dialect: str) -> None:
    """Return if each parameter stands where a value stands, and nothing else has changed.

    Raises:
        CannotFillIn
    """
    written = slots[0].written
    if _RUN_TEXT.search(text):
        raise CannotFillIn(written, "may be run as a statement of its own")
    try:
        trees = [one for one in sqlglot.parse(rewritten, read=dialect) if one is not None]
    except (SqlglotError, RecursionError, ValueError):
        raise CannotFillIn(written, "stands where no value fits") from None
    ours = [
        one
        for tree in trees
        for one in tree.find_all(exp.Placeholder)
        if one.name.startswith(PREFIX)
    ]
    values = all(isinstance(one.parent, _VALUES) and not _sets(one) for one in ours)
    if len(trees) != 1 or len(ours) != len(slots) or not values:
        raise CannotFillIn(written, "stands where no value fits")


def _sets(placeholder: exp.Expr) -> bool:
    """Whether it is part of a setting or a definition, which take no parameters."""
    return placeholder.find_ancestor(exp.Set, exp.DDL, exp.Alter, exp.Command) is not None
