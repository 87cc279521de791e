"""Get the good alerts out of a message that the decoder refuses as a whole.

One alert that is nested a hundred thousand deep, or that holds half a surrogate pair, makes
JSON decoders give up on all of them. The slow way round is taken only then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HIGH = rb"\\u[dD][89abAB][0-9a-fA-F]{2}"
_LOW = rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LONE = re.compile(rb"%b(?!%b)|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})%b" % (_HIGH, _LOW, _LOW))
_PIECE = re.compile(
    rb"""
    " (?: [^"\\]++ | \\. )*+ "?+   # a string; one that is not closed reaches to the end
    | [\[{]++                      # brackets in runs: deep nesting is one piece
    | [\]}]++
    """,
    re.DOTALL | re.VERBOSE,
)
_ALERTS = b'"alerts"'
_OPENING = (b"[", b"{")


def without_lone_surrogates(body: bytes) -> bytes:
    """Return the JSON with every half of a surrogate pair replaced by U+FFFD."""
    return _LONE.sub(rb"\\ufffd", body)


def split_alerts(body: bytes) -> list[bytes]:
    """Return the raw elements of the top-level `alerts` array, however deep they nest.

    Returns nothing where there is no such array; an element that is cut off is left out.
    Takes time in proportion to the length, whatever the body is made of.
    """
    start = _start_of_alerts(body)
    return [] if start is None else list(_elements(body, start))


def _start_of_alerts(body: bytes) -> int | None:
    """Return where the content of the array begins, or None."""
    depth = 0
    key_ends = -1  # where the key ended, if it was the piece before this one
    for match in _PIECE.finditer(body):
        piece, begins = match[0], match.start()
        if key_ends > 0 and piece[:1] == b"[" and body[key_ends:begins].strip() == b":":
            return begins + 1
        key_ends = match.end() if piece == _ALERTS and depth == 1 else -1
        depth += _rise(piece)
    return None


def _rise(piece: bytes) -> int:
    """Return by how much a piece changes the depth."""
    if piece[:1] == b'"':
        return 0
    return len(piece) if piece[:1] in _OPENING else -len(piece)


def _elements(body: bytes, start: int) -> Iterator[bytes]:
    depth, begins = 0, start
    for match in _PIECE.finditer(body, start):
        rise = _rise(match[0])
        if depth == 0 and rise > 0:
            begins = match.start()
        if 0 < depth <= -rise:
            yield body[begins : match.start() + depth]
        depth += rise
        if depth < 0:
            return
