"""A result of rows as a table that people can read, whatever the values hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CELL_LENGTH = 500
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, more: bool) -> str:
    """Return an aligned table with a line that counts the rows.

    `more` says that there were further rows which are not shown.
    """
    lines = [[_cell(name) for name in columns], *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    printed = [_line(cells, widths) for cells in lines]
    printed.insert(1, "-+-".join("-" * width for width in widths))
    noun = "row" if len(rows) == 1 else "rows"
    printed.append(f"(first {len(rows)} rows; there are more)" if more else f"({len(rows)} {noun})")
    return "\n".join(printed) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return " | ".join(padded).rstrip()


def _cell(value: object) -> str:
    if value is None:
        return "NULL"
    text = f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
    if len(text) > _CELL_LENGTH:
        text = f"{text[:_CELL_LENGTH]}… ({len(text)} characters)"
    return _UNSEEN.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    named = {9: "\\t", 10: "\\n", 13: "\\r"}.get(code)
    return named or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
