"""What forms and calls ask for: roles for others, and tokens of one's own."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from tocsin.core.errors import Forbidden, Invalid
from tocsin.core.rights import EVERYWHERE, Grant, Role
from tocsin.core.user import TOKEN_LASTS, Token
from tocsin.core.workspace import Workspace
from tocsin.people import tokens
from tocsin.people.tokens import PREFIX, Wish
from tocsin.ports.store import Tx

_MOST_TOKENS = 50


def make_own(
    tx: Tx, person: str, wish: Wish, *, shown: Token | None, now: datetime
) -> tuple[Token, str]:
    """Make a token for oneself; return it as it is kept, and the secret, which is not.

    Args:
        tx: The transaction.
        person: Whose it becomes.
        wish: What it is to be for.
        shown: The token they came with, or None for a login without one.
        now: The time.

    Raises:
        Forbidden("token.narrowed"): They came with a token that has limits itself.
        Invalid("token.name"), Invalid("token.lasts"), Invalid("token.many")
    """
    if shown is not None and (shown.role is not None or shown.services):
        raise Forbidden(
            "token.narrowed",
            "A token with limits makes no other tokens.",
            hint="Log in without it.",
        )
    if len(tx.people.tokens(person)) >= _MOST_TOKENS:
        raise Invalid("token.many", f"Nobody needs more than {_MOST_TOKENS} tokens.")
    secret = PREFIX + secrets.token_urlsafe(32)
    return tokens.add(tx, person, wish, secret, by=person, now=now), secret


def wished(
    name: str,
    days: int | None,
    role: str = "",
    services: Sequence[str] = (),
    *,
    never: bool = False,
) -> Wish:
    """Return the wish that a form or a call holds.

    Raises:
        Invalid("user.role"): There is no such role.
    """
    lasts = TOKEN_LASTS if days is None else timedelta(days=max(0, min(days, 36500)))
    return Wish(
        name=name,
        lasts=None if never else lasts,
        role=role_named(role) if role else None,
        services=tuple(services),
    )


def grant_of(workspace: Workspace, role: str, service: str) -> Grant:
    """Return one role on one service or on all.

    Raises:
        Invalid("user.role"), Invalid("user.service"): There is no such thing.
    """
    if service != EVERYWHERE and workspace.service(service) is None:
        raise Invalid("user.service", f"There is no service {service!r}.")
    return Grant(role=role_named(role), service=service)


def role_named(role: str) -> Role:
    """Return the role of that name.

    Raises:
        Invalid("user.role")
    """
    if role not in tuple(Role):
        there = ", ".join(Role)
        raise Invalid("user.role", f"There is no role {role!r}.", hint=f"There are {there}.")
    return Role(role)
