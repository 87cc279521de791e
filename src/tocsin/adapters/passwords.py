"""Passwords by Argon2id, with the parameters that its own specification recommends."""

from __future__ import annotations

from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Passwords:
    """Takes 64 MiB and some tens of milliseconds for each password."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()

    def hashed(self, password: str) -> str:
        """Return what is kept of a password."""
        return self._hasher.hash(password)

    def fits(self, password: str, kept: str) -> bool:
        """Whether it is the password; takes as long where nothing is kept (then: False)."""
        try:
            return self._hasher.verify(kept or self._of_nobody, password) and bool(kept)
        except (InvalidHashError, VerificationError):
            return False

    @cached_property
    def _of_nobody(self) -> str:
        return self._hasher.hash("what nobody ever set")
