"""Who may do something on a service."""

from __future__ import annotations

from tocsin.core.rights import Permission
from tocsin.ports.store import Tx


def able(tx: Tx, permission: Permission, service: str) -> tuple[str, ...]:
    """Return the names of those who may, in the order of the alphabet; nobody who is disabled."""
    return tuple(
        user.name
        for user in tx.people.users()
        if tx.people.rights(user.name).may(permission, service)
    )
