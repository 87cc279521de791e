"""The record of what happened: append-only, each entry holding a hash of the one before.

Every incident has a chain of its own, and what belongs to no incident has one more. Whoever
changes, removes or reorders an entry has to recompute every later hash, and whoever has seen
the newest hash (in a checkpoint, in the post-mortem) can tell.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tocsin.core.ids import IncidentId

SYSTEM = "tocsin"
SHELL = "the command line"
"""The actor of what nobody in particular did."""

ANCHOR = "0" * 64
"""What the first entry of a chain holds as its predecessor's hash."""

HOUSE = IncidentId(0)
"""Stands where an incident would, in entries of what belongs to none."""


class EntryKind(StrEnum):
    """What an entry is about; decides its symbol, never its truth."""

    ALERT = "alert"
    BINDING = "binding"
    STATUS = "status"
    PAGE = "page"
    RUN = "run"
    APPROVAL = "approval"
    RECOVERY = "recovery"
    NOTE = "note"
    WARNING = "warning"
    LOGIN = "login"  # from here on: of the house
    PEOPLE = "people"  # users, roles, tokens
    SERVER = "server"  # started, stopped, with which version and configuration
    STOP = "stop"  # everything that runs was stopped, or may run again


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One fact: when, by whom, what."""

    incident_id: IncidentId
    seq: int  # from 1, without gaps
    at: datetime
    actor: str
    kind: EntryKind
    text: str
    facts: Mapping[str, object] = field(default_factory=dict)
    previous_sha256: str = ANCHOR
    sha256: str = ""


def seal(entry: Entry) -> str:
    """Return the SHA-256, in hex, of everything in the entry but its own hash."""
    content = [
        entry.previous_sha256,
        entry.incident_id,
        entry.seq,
        entry.at.isoformat(),
        entry.actor,
        entry.kind,
        entry.text,
        entry.facts,
    ]
    written = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def first_break(entries: Iterable[Entry], *, after: int = 0, follows: str = ANCHOR) -> str:
    """Return an empty string if the chain holds, else one sentence on where it does not.

    Args:
        entries: The chain, or what of it comes after the entry numbered `after`.
        after: The number of the entry before the first of them; 0 where there is none.
        follows: The hash of that entry.
    """
    previous = follows
    for expected, entry in enumerate(entries, start=after + 1):
        if entry.seq != expected:
            return f"Entry {expected} is missing: entry {entry.seq} stands in its place."
        if entry.previous_sha256 != previous:
            return f"Entry {entry.seq} does not follow the entry before it."
        if entry.sha256 != seal(entry):
            return f"Entry {entry.seq} is not what was written."
        previous = entry.sha256
    return ""
