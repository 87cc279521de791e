"""What a statement may do. Until the table is in, everything waits for approval."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.core.risk import Risk, Verdict
from tocsin.core.runbook import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpGet:
    """A request that only looks."""

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    fail: bool = False

    def as_text(self) -> str:
        """Return the request as the executor takes it."""
        return "\n".join([f"{self.method} {self.url}", *(f"{n}: {v}" for n, v in self.headers)])


def judge(statement: Statement) -> Verdict:
    """Return what we think of one statement."""
    return Verdict(risk=Risk.CHANGE, why=(f"line {statement.start} is not known to only look",))


def plain_get(text: str) -> HttpGet | None:
    """Return the request a curl statement makes, or None."""
    return None
