"""The chain that shows whether the record was touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tocsin.core.ids import IncidentId
from tocsin.core.timeline import ANCHOR, Entry, EntryKind, first_break, seal


def chain(length: int = 5) -> list[Entry]:
    entries: list[Entry] = []
    previous = ANCHOR
    for seq in range(1, length + 1):
        entry = Entry(
            incident_id=IncidentId(1),
            seq=seq,
            at=datetime(2026, 1, 5, 3, seq, tzinfo=UTC),
            actor="ada",
            kind=EntryKind.NOTE,
            text=f"entry {seq}",
            facts={"n": seq},
            previous_sha256=previous,
        )
        entries.append(replace(entry, sha256=seal(entry)))
        previous = entries[-1].sha256
    return entries


def test_an_untouched_chain_is_whole() -> None:
    """The ordinary case must not cry wolf."""
    assert first_break(chain()) == ""
    assert first_break([]) == ""


@pytest.mark.parametrize(
    "touch",
    [
        lambda entries: [*entries[:2], replace(entries[2], text="never happened"), *entries[3:]],
        lambda entries: [*entries[:2], replace(entries[2], actor="grace"), *entries[3:]],
        lambda entries: [*entries[:2], replace(entries[2], facts={"n": 9}), *entries[3:]],
        lambda entries: [*entries[:2], *entries[3:]],
        lambda entries: [entries[1], entries[0], *entries[2:]],
        lambda entries: [*entries[:2], replace(entries[2], sha256="0" * 64), *entries[3:]],
    ],
    ids=["text", "actor", "facts", "deleted", "reordered", "hash"],
)
def test_whatever_is_touched_is_seen(touch: object) -> None:
    """Edits, deletions and reorderings all leave a mark."""
    assert callable(touch)
    assert first_break(touch(chain())) != ""
