"""What we ask of an identity provider: who is this, and which groups are they in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody as the provider knows them."""

    issuer: str
    subject: str  # never changes, unlike the name
    name: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login under way: what was sent along, and must come back or fit what does."""

    state: str
    nonce: str
    verifier: str


class IdentityProvider(Protocol):
    """Where people log in instead of here."""

    def address(self, login: Login) -> str:
        """Return where to send the browser.

        Raises:
            Unavailable("login.provider"): The provider does not answer, or not as one should.
        """
        ...

    def identity(self, code: str, login: Login) -> Identity:
        """Return who logged in, for the code that the browser brought back.

        Raises:
            Unauthenticated("login.refused"): What came back proves nothing.
            Unavailable("login.provider")
        """
        ...
