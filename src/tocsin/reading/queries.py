"""PromQL text as its queries: several may stand in one block, divided by lines without code.

Where what stands between two such lines is no query, but each line of it is, each is its own.
"""

from __future__ import annotations

import promql_parser


def queries_of(lines: list[str]) -> list[tuple[int, int, list[str], str]]:
    """Return (first, last, label, query) of each run of lines with code."""
    found: list[tuple[int, int, list[str], str]] = []
    label: list[str] = []
    start: int | None = None
    for at, line in enumerate([*lines, ""]):
        bare = line.strip()
        if bare and not bare.startswith("#"):
            start = at if start is None else start
            continue
        if start is not None:
            found += _parted(lines, start, at, label)
            start, label = None, []
        if bare:
            label = [*label, bare.lstrip("#").strip()]
    return found


def is_query(text: str) -> bool:
    """Return whether the text is one valid query."""
    try:
        promql_parser.parse(text)
    except ValueError:
        return False
    return True


def _parted(
    lines: list[str], start: int, end: int, label: list[str]
) -> list[tuple[int, int, list[str], str]]:
    whole = "\n".join(lines[start:end])
    if end - start > 1 and not is_query(whole) and all(map(is_query, lines[start:end])):
        return [(at, at, label, lines[at]) for at in range(start, end)]
    return [(start, end - 1, label, whole)]
