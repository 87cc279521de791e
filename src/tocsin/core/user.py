"""Who may log in, and what they show for it: users, personal tokens, sessions.

A user is a login; a person of tocsin.toml is somebody who can be paged. They belong together
by their name, and either may exist without the other.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.core.errors import Invalid
from tocsin.core.rights import Role
from tocsin.core.timeline import SHELL, SYSTEM

TOKEN_LASTS = timedelta(days=90)
"""How long a personal token opens, unless something else was said."""

SESSION_LASTS = timedelta(hours=12)
"""How long a login lasts at most: longer than a shift, shorter than a day."""

SESSION_RESTS = timedelta(hours=4)
"""How long a session may lie unused: a night of waiting for a page, not a forgotten laptop."""

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may log in."""

    name: str
    made_at: datetime
    disabled_at: datetime | None = None
    password: str = ""  # as Argon2 writes it; empty: no login by password
    issuer: str = ""  # of the identity provider, where they log in through one
    subject: str = ""  # what that provider calls them

    @property
    def enabled(self) -> bool:
        """Whether they may come in."""
        return self.disabled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A personal token: its hash, and what it is limited to."""

    id: int = 0  # the store numbers it
    person: str
    name: str  # what it is for: "laptop", "deploy script"
    sha256: str
    made_at: datetime
    expires_at: datetime | None = None  # None: never
    revoked_at: datetime | None = None
    used_at: datetime | None = None  # to the minute
    role: Role | None = None  # at most this; None: whatever its owner may
    services: tuple[str, ...] = ()  # at most these; none: all that its owner may

    def opens(self, now: datetime) -> bool:
        """Whether it is good for anything at that time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A login of a browser: the hash of what its cookie holds."""

    sha256: str
    person: str
    token_id: int | None = None  # opened with this token: ends with it, may no more than it
    made_at: datetime
    used_at: datetime  # to the minute
    expires_at: datetime

    def opens(self, now: datetime) -> bool:
        """Whether it has neither run out nor lain unused for too long."""
        return now < self.expires_at and now < self.used_at + SESSION_RESTS


def checked_name(name: str) -> str:
    """Return the name of a user, in the form in which it is kept.

    Raises:
        Invalid("user.name"): No timeline could show it, or it would be taken for us.
    """
    plain = unicodedata.normalize("NFKC", name).strip()
    if not plain or len(plain) > _LONGEST_NAME or not plain.isprintable() or "/" in plain:
        raise Invalid("user.name", f"A name has 1 to {_LONGEST_NAME} printable characters, no `/`.")
    if folded(plain) in (SYSTEM, SHELL):
        raise Invalid("user.name", f"The record calls what is no person {plain!r}.")
    return plain


def folded(name: str) -> str:
    """Return what two names have in common that people would take for one."""
    return unicodedata.normalize("NFKC", name).casefold()
