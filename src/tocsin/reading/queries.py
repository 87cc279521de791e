"""PromQL text as its queries: several may stand in one block, divided by lines without code."""

from __future__ import annotations


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
            found.append((start, at - 1, label, "\n".join(lines[start:at])))
            start, label = None, []
        if bare:
            label = [*label, bare.lstrip("#").strip()]
    return found
