"""Personal tokens: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.core.errors import Invalid, NotFound
from tocsin.core.rights import Role
from tocsin.core.user import TOKEN_LASTS, Token
from tocsin.people.admit import found, note
from tocsin.ports.store import Tx

PREFIX = "tocsin_"
"""What a token begins with, so that a scanner for leaked secrets can know one."""

_LONGEST_NAME = 100
_LONGEST_LIFE = timedelta(days=3650)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a new token is to be for."""

    name: str
    lasts: timedelta | None  # None: it never expires
    role: Role | None = None  # at most this
    services: Sequence[str] = ()  # at most these; none: no limit


FIRST = Wish(name="first", lasts=TOKEN_LASTS)
"""What somebody who was let in begins with."""


def sha256(token: str) -> str:
    """Return the hash a token is kept under, in hex."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def add(tx: Tx, person: str, wish: Wish, token: str, *, by: str, now: datetime) -> Token:
    """File `token` for somebody and return it as it is kept.

    Raises:
        NotFound("user"), Invalid("token.name"), Invalid("token.lasts")
    """
    name = wish.name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Invalid("token.name", f"A token's name has 1 to {_LONGEST_NAME} characters.")
    if wish.lasts is not None and not timedelta() < wish.lasts <= _LONGEST_LIFE:
        raise Invalid("token.lasts", "A token lasts from a second to ten years, or for ever.")
    made = tx.people.add_token(
        Token(
            person=found(tx, person).name,
            name=name,
            sha256=sha256(token),
            made_at=now,
            expires_at=now + wish.lasts if wish.lasts is not None else None,
            role=wish.role,
            services=tuple(wish.services),
        )
    )
    note(tx, f"token {made.id} ({name}) of {person} was made", by=by, now=now)
    return made


def revoke(tx: Tx, person: str, token_id: int, *, by: str, now: datetime) -> None:
    """Revoke one token of somebody, and end the sessions it opened.

    Raises:
        NotFound("token"): They have none of this number.
    """
    if token_id not in {each.id for each in tx.people.tokens(person)}:
        raise NotFound(
            "token",
            f"{person} has no token {token_id}.",
            hint="`tocsin token list` shows them; it may be revoked already.",
        )
    tx.people.revoke_token(token_id, at=now)
    note(tx, f"token {token_id} of {person} was revoked", by=by, now=now)


def revoke_all(tx: Tx, person: str, *, by: str, now: datetime) -> int:
    """Revoke all tokens of somebody and end their sessions; return how many tokens there were."""
    revoked = tx.people.revoke_tokens(person, at=now)
    note(tx, f"all tokens and sessions of {person} were revoked", by=by, now=now)
    return revoked
