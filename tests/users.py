"""People who may log in, put into a store for tests."""

from __future__ import annotations

from datetime import datetime

from tocsin.core.rights import EVERYWHERE, Grant, Role
from tocsin.core.user import Token, User
from tocsin.people import tokens
from tocsin.ports.store import Tx


def let_in(
    tx: Tx,
    name: str,
    token: str = "",
    *,
    at: datetime,
    role: Role | None = Role.ADMIN,
    service: str = EVERYWHERE,
) -> None:
    """Make a user with one role, and with a token that never expires where one is given."""
    tx.people.add_user(User(name=name, made_at=at))
    if role is not None:
        tx.people.grant(name, Grant(role=role, service=service))
    if token:
        tx.people.add_token(
            Token(person=name, name="test", sha256=tokens.sha256(token), made_at=at)
        )
