"""What a statement may do, in the words of the design.

The order is the rule for a statement that is several of these: the first that applies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Risk(StrEnum):
    """What running a statement may do. Stored and shown under these very words."""

    DESTROY = "destroy"  # loses data, work or access
    CHANGE = "change"  # changes something that can be changed back
    SECRET = "secret"  # noqa: S105  # prints a secret; the word of the design, not a password
    ENDLESS = "endless"  # never ends by itself, or wants a terminal
    MANUAL = "manual"  # nothing to execute
    READ = "read"  # looks, and ends by itself


WORST_FIRST = (Risk.DESTROY, Risk.CHANGE, Risk.SECRET, Risk.ENDLESS, Risk.MANUAL, Risk.READ)

ACTING = (Risk.DESTROY, Risk.CHANGE)
"""What leaves something other than it was."""


def worst(risks: list[Risk]) -> Risk:
    """Return the first of `WORST_FIRST` that occurs; `manual` where there is none."""
    return next((risk for risk in WORST_FIRST if risk in risks), Risk.MANUAL)


INSTEAD = "; a bounded form of it runs instead"
"""How the first reason ends where there is a rewrite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What we think of one statement, and why.

    `auto` is the promise that matters: only a statement with it ever runs unattended.
    """

    risk: Risk
    auto: bool = False  # certainly read-only, ends by itself, nothing left to fill in
    rewrite: str | None = None  # the bounded form that runs instead, where there is one
    why: tuple[str, ...] = ()  # one sentence per reason, the deciding one first

    def as_written(self) -> Verdict:
        """Return what we think of the statement in its own words, with no form instead of it."""
        why = tuple(each.removesuffix(INSTEAD) for each in self.why)
        return replace(self, auto=False, rewrite=None, why=why)
