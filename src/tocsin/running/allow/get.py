"""A plain request, taken out of the curl command that says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpGet:
    """A request that only looks. `fail` says that 400 and above count as failure."""

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    fail: bool = False

    def as_text(self) -> str:
        """Return it as the executor takes it: `GET address`, then a line for each header."""
        lines = [f"{self.method} {self.url}"]
        return "\n".join(lines + [f"{name}: {value}" for name, value in self.headers])
