"""Verify the record: find what was edited, deleted, reordered or cut off, and say where.

Three things are held together: the entries of every chain, the checkpoints (those in the
database, and those that were sent out), and the rows that entries speak of: step runs with
their commands, approvals, outputs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.core import checkpoint as checkpoints
from tocsin.core.checkpoint import Checkpoint, Head
from tocsin.core.errors import Invalid
from tocsin.core.ids import IncidentId
from tocsin.core.timeline import HOUSE, Entry, first_break
from tocsin.ports.store import Tx
from tocsin.records.checkpoints import name
from tocsin.records.rows import rows_of, wrong_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One thing that is not as it was written."""

    where: str  # a chain, or the checkpoints
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verification found."""

    wrong: tuple[Wrong, ...]
    chains: int
    entries: int
    checkpoints: int
    covered_at: datetime | None  # when the newest checkpoint that counts was taken
    uncovered: int  # entries that no checkpoint that counts covers
    outside: bool  # whether checkpoints from outside the database were compared


def verify(tx: Tx, outside: Sequence[Checkpoint] | None = None) -> Verdict:
    """Look through the whole record.

    Args:
        tx: A transaction that sees one state of the database.
        outside: Checkpoints kept outside of the database; None if there are none to compare.
    """
    inside, wrong = _inside(tx)
    wrong += _compared(inside, outside or ())
    counted = inside if outside is None else [each for each in outside if each in inside]
    claims = _claims([*inside, *(outside or ())])
    covered = _furthest(_claims(_upto(inside, counted)))
    entries = uncovered = 0
    chains = sorted({*tx.audit.lengths(), *tx.audit.incidents(), *claims})
    for chain in chains:
        length, found = _chain(tx, IncidentId(chain), claims.get(chain, {}))
        entries += length
        uncovered += max(0, length - covered.get(chain, 0))
        wrong += [Wrong(where=name(chain), said=said) for said in found]
    return Verdict(
        wrong=tuple(wrong),
        chains=len(chains),
        entries=entries,
        checkpoints=len(inside),
        covered_at=counted[-1].at if counted else None,
        uncovered=uncovered,
        outside=outside is not None,
    )


def _inside(tx: Tx) -> tuple[list[Checkpoint], list[Wrong]]:
    try:
        found = tx.audit.checkpoints()
    except Invalid as problem:
        return [], [Wrong(where="Checkpoints", said=problem.message)]
    said = checkpoints.first_break(found)
    return found, [Wrong(where="Checkpoints", said=said)] if said else []


def _compared(inside: Sequence[Checkpoint], outside: Sequence[Checkpoint]) -> list[Wrong]:
    held = {each.seq: each for each in inside}
    wrong = []
    for each in outside:
        if each.seq not in held:
            said = f"Checkpoint {each.seq} was sent out and is no longer in the database."
            wrong.append(Wrong(where="Checkpoints", said=said))
        elif held[each.seq] != each:
            said = f"Checkpoint {each.seq} is not the one that was sent out."
            wrong.append(Wrong(where="Checkpoints", said=said))
    return wrong


def _upto(inside: Sequence[Checkpoint], counted: Sequence[Checkpoint]) -> list[Checkpoint]:
    """Return what the newest of those that count stands on, itself included."""
    newest = max((each.seq for each in counted), default=0)
    return [each for each in inside if each.seq <= newest]


def _claims(found: Iterable[Checkpoint]) -> Mapping[int, Mapping[int, set[str]]]:
    """Return, by chain and number of entry, the hashes that checkpoints say it has."""
    claims: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for head in _heads(found):
        claims[head.chain][head.seq].add(head.sha256)
    return claims


def _heads(found: Iterable[Checkpoint]) -> Iterator[Head]:
    for each in found:
        yield from each.heads


def _furthest(claims: Mapping[int, Mapping[int, set[str]]]) -> Mapping[int, int]:
    return {chain: max(by_seq) for chain, by_seq in claims.items()}


def _chain(tx: Tx, chain: IncidentId, claims: Mapping[int, set[str]]) -> tuple[int, list[str]]:
    """Return how many entries a chain has, and what is wrong with it."""
    try:
        entries = tx.audit.chain(chain)
        rows = rows_of(tx, chain) if chain != HOUSE else None
    except Invalid as problem:
        return 0, [problem.message]
    said = first_break(entries)
    found = [said] if said else []
    found += _against(entries, claims)
    if rows is not None:
        found += wrong_rows(entries, rows)
    return len(entries), found


def _against(entries: Sequence[Entry], claims: Mapping[int, set[str]]) -> Iterator[str]:
    held = {entry.seq: entry.sha256 for entry in entries}
    for seq, hashes in sorted(claims.items()):
        if seq not in held:
            yield f"Entry {seq}, which a checkpoint covers, is gone."
        elif hashes != {held[seq]}:
            yield f"Entry {seq} is not the one that a checkpoint covers."
