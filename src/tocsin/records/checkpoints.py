"""Take checkpoints: how far every chain has come, looked through on the way.

Only what was written since the last checkpoint is read, so this costs little however long the
record is. A chain that does not hold is never covered: it is told of instead, each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.core.checkpoint import Checkpoint, Head
from tocsin.core.errors import Invalid
from tocsin.core.ids import IncidentId
from tocsin.core.timeline import ANCHOR, HOUSE, first_break
from tocsin.ports.store import Tx

_MOST_HEADS = 5_000
"""Of one checkpoint; what is left goes into the next."""


@dataclass(slots=True)
class Covered:
    """The newest head of every chain that any checkpoint holds."""

    upto: int = 0  # the newest checkpoint looked at
    heads: dict[int, Head] = field(default_factory=dict)

    def follow(self, checkpoints: Iterable[Checkpoint]) -> None:
        """Take newer checkpoints into account."""
        for checkpoint in checkpoints:
            self.upto = checkpoint.seq
            for head in checkpoint.heads:
                if head.seq >= self.length(head.chain):
                    self.heads[head.chain] = head

    def length(self, chain: int) -> int:
        """Return the number of the newest entry of a chain that is covered."""
        return self.heads[chain].seq if chain in self.heads else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of taking a checkpoint."""

    checkpoint: Checkpoint | None  # None: nothing was written since the last
    broken: tuple[str, ...] = ()  # one sentence for each chain that does not hold


def take(tx: Tx, covered: Covered, *, now: datetime) -> Taken:
    """Append a checkpoint over all that was written since the last, and return it.

    Args:
        tx: A transaction that may write.
        covered: What checkpoints hold already; brought up to date.
        now: The time.

    Raises:
        Invalid("audit.unreadable"): A checkpoint is damaged.
    """
    covered.follow(tx.audit.checkpoints(after=covered.upto))
    lengths = tx.audit.lengths()
    broken = [_gone(chain) for chain in covered.heads if chain not in lengths]
    heads: list[Head] = []
    for chain in _moved(lengths, covered)[:_MOST_HEADS]:
        head, wrong = _looked_through(tx, chain, covered)
        heads += [head] if head else []
        broken += [f"{name(chain)}: {wrong}"] if wrong else []
    checkpoint = tx.audit.add_checkpoint(heads, at=now) if heads else None
    covered.follow([checkpoint] if checkpoint else [])
    return Taken(checkpoint=checkpoint, broken=tuple(broken))


def name(chain: int) -> str:
    """Return what people call a chain."""
    return "Of no incident" if chain == HOUSE else f"Incident {chain}"


def _gone(chain: int) -> str:
    return f"{name(chain)}: all entries are gone."


def _moved(lengths: Mapping[IncidentId, int], covered: Covered) -> Sequence[IncidentId]:
    return sorted(chain for chain, length in lengths.items() if length != covered.length(chain))


def _looked_through(tx: Tx, chain: IncidentId, covered: Covered) -> tuple[Head | None, str]:
    """Return the head of a chain, or what is wrong with what came to it."""
    length = covered.length(chain)
    follows = covered.heads[chain].sha256 if length else ANCHOR
    try:
        entries = tx.audit.chain(chain, after=length)
    except Invalid as problem:
        return None, problem.message
    wrong = first_break(entries, after=length, follows=follows)
    if wrong or not entries:
        return None, wrong or f"It ends before entry {length}, which a checkpoint covers."
    return Head(chain=chain, seq=entries[-1].seq, sha256=entries[-1].sha256), ""
