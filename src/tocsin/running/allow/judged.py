"""What was found out about a statement so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tocsin.core.risk import WORST_FIRST, Risk, Verdict
from tocsin.running.allow.catalogue import OURS, Catalogue

Nested = Callable[[str], Verdict]  # judges a command that is handed over as text
Edit = tuple[int, int, str]  # first byte, byte after the last, what stands there instead
Place = tuple[int, int]  # first byte, byte after the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that counts against a statement, and the part of it that does."""

    why: str
    risk: Risk
    place: Place


@dataclass(slots=True)
class Judged:
    """Starts as certain; every reason against it only ever makes it worse."""

    risk: Risk = Risk.READ
    auto: bool = True
    why: list[str] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    place: Place = (0, 0)  # of what is being judged
    catalogue: Catalogue = OURS  # what it is judged by
    moved: bool = False  # another folder is gone to
    reads_files: bool = False  # a part of it may read files named from the folder it is in

    def fall(self, why: str, risk: Risk = Risk.READ, edit: Edit | None = None) -> None:
        """Note a reason against running it, and what would take the reason away."""
        self.auto = False
        self.reasons.append(Reason(why=why, risk=risk, place=self.place))
        if WORST_FIRST.index(risk) < WORST_FIRST.index(self.risk):
            self.risk = risk
            self.why.insert(0, why)
        else:
            self.why.append(why)
        if edit is not None:
            self.edits.append(edit)

    def rewritten(self, text: str) -> str:
        """Return `text` with all edits made."""
        raw = text.encode()
        for start, end, instead in sorted(set(self.edits), reverse=True):
            raw = raw[:start] + instead.encode() + raw[end:]
        lines = raw.decode(errors="replace").split("\n")
        return "\n".join(line.rstrip() for line in lines)
