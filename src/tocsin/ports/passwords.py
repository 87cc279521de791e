"""What we ask of the hashing of passwords: slow on purpose, so never inside a transaction."""

from __future__ import annotations

from typing import Protocol


class Passwords(Protocol):
    """Turns passwords into what may be kept of them."""

    def hashed(self, password: str) -> str:
        """Return what is kept of a password."""
        ...

    def fits(self, password: str, kept: str) -> bool:
        """Whether it is the password; takes as long where nothing is kept (then: False)."""
        ...
