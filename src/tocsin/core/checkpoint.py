"""A checkpoint: how far every chain of the record had come, and the checkpoint before it.

Who has seen one checkpoint outside the database (a line in a file elsewhere, a mail) can tell
later whether anything that it covers was changed: it holds the newest hash of every chain that
has grown, and its own hash stands on all checkpoints before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tocsin.core.errors import Invalid
from tocsin.core.timeline import ANCHOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest entry of one chain."""

    chain: int  # an incident; 0 is the chain of what belongs to none
    seq: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The heads of the chains that have grown since the checkpoint before."""

    seq: int  # from 1, without gaps
    at: datetime
    heads: tuple[Head, ...]
    previous_sha256: str = ANCHOR
    sha256: str = ""


def seal(checkpoint: Checkpoint) -> str:
    """Return the SHA-256, in hex, of everything in the checkpoint but its own hash."""
    content = [
        checkpoint.previous_sha256,
        checkpoint.seq,
        checkpoint.at.isoformat(),
        [[head.chain, head.seq, head.sha256] for head in checkpoint.heads],
    ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def first_break(checkpoints: Iterable[Checkpoint]) -> str:
    """Return an empty string if each follows the one before, else one sentence on where not."""
    previous = ANCHOR
    for expected, checkpoint in enumerate(checkpoints, start=1):
        if checkpoint.seq != expected:
            return f"Checkpoint {expected} is missing: {checkpoint.seq} stands in its place."
        if checkpoint.previous_sha256 != previous:
            return f"Checkpoint {checkpoint.seq} does not follow the checkpoint before it."
        if checkpoint.sha256 != seal(checkpoint):
            return f"Checkpoint {checkpoint.seq} is not what was written."
        previous = checkpoint.sha256
    return ""


def written(checkpoint: Checkpoint) -> str:
    """Return the checkpoint as one line of JSON, without the line's end."""
    heads = [[head.chain, head.seq, head.sha256] for head in checkpoint.heads]
    line = {
        "checkpoint": checkpoint.seq,
        "at": checkpoint.at.isoformat(),
        "heads": heads,
        "previous_sha256": checkpoint.previous_sha256,
        "sha256": checkpoint.sha256,
    }
    return json.dumps(line, separators=(",", ":"))


def read(line: str) -> Checkpoint:
    """Return the checkpoint that a line holds.

    Raises:
        Invalid("audit.checkpoint"): It holds none, or one that was altered.
    """
    try:
        held = json.loads(line)
        checkpoint = Checkpoint(
            seq=held["checkpoint"],
            at=datetime.fromisoformat(held["at"]),
            heads=tuple(Head(chain=of, seq=seq, sha256=sha) for of, seq, sha in held["heads"]),
            previous_sha256=held["previous_sha256"],
            sha256=held["sha256"],
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Invalid("audit.checkpoint", f"This is no checkpoint: {line[:80]!r}.") from None
    if seal(checkpoint) != checkpoint.sha256:
        raise Invalid("audit.checkpoint", f"Checkpoint {checkpoint.seq} was altered.")
    return checkpoint
