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
_PIECE = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_ALERTS = b'"alerts"'


def without_lone_surrogates(body: bytes) -> bytes:
    """Return the JSON with every half of a surrogate pair replaced by U+FFFD."""
    return _LONE.sub(rb"\\ufffd", body)


def split_alerts(body: bytes) -> list[bytes]:
    """Return the raw elements of the top-level `alerts` array, however deep they nest.

    Returns nothing where there is no such array; an element that is cut off is left out.
    """
    start = _start_of_alerts(body)
    return [] if start is None else list(_elements(body, start))


def _start_of_alerts(body: bytes) -> int | None:
    """Return where the content of the array begins, or None."""
    depth = 0
    key_ends = -1
    for match in _PIECE.finditer(body):
        piece = match[0]
        if piece == _ALERTS and depth == 1:
            key_ends = match.end()
        elif piece == b"[" and depth == 1 and body[key_ends : match.start()].strip() == b":":
            return match.end() if key_ends > 0 else None
        depth += (piece in (b"[", b"{")) - (piece in (b"]", b"}"))
    return None


def _elements(body: bytes, start: int) -> Iterator[bytes]:
    depth, begins = 0, start
    for match in _PIECE.finditer(body, start):
        piece = match[0]
        if piece in (b"{", b"["):
            begins = match.start() if depth == 0 else begins
            depth += 1
        elif piece in (b"}", b"]"):
            depth -= 1
            if depth < 0:
                return
            if depth == 0:
                yield body[begins : match.end()]
