"""Let people in, say what they may do, and let them out again.

Whoever is the first becomes admin of everything: a new installation must have one, and who can
reach its database could make themselves one anyway. Nobody can take the last admin away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tocsin.core.errors import Conflict, Invalid, NotFound
from tocsin.core.rights import EVERYWHERE, Grant, Permission, Role
from tocsin.core.timeline import EntryKind
from tocsin.core.user import User, checked_name, folded
from tocsin.ports.store import Tx

SHORTEST = 12
LONGEST = 200
"""Characters of a password."""

EVERYTHING = Grant(role=Role.ADMIN, service=EVERYWHERE)


def add(tx: Tx, name: str, grants: Sequence[Grant], *, by: str, now: datetime) -> User:
    """Make a user with these roles and return it; the first one becomes admin of everything.

    Raises:
        Invalid("user.name")
        Conflict("user.exists"): Somebody has this name, or one that looks the same.
    """
    first = not tx.people.users()
    user = User(name=checked_name(name), made_at=now)
    if not tx.people.add_user(user):
        raise Conflict(
            "user.exists",
            f"There is a user called {user.name} already, or one whose name looks the same.",
            hint="`tocsin user list` shows them; `tocsin token add` makes another token.",
        )
    note(tx, f"user {user.name} was made", by=by, now=now)
    for each in (EVERYTHING,) if first else grants:
        grant(tx, user.name, each, by=by, now=now)
    return user


def found(tx: Tx, name: str) -> User:
    """Return the user.

    Raises:
        NotFound("user")
    """
    user = tx.people.user(name)
    if user is None:
        raise NotFound(
            "user", f"There is no user called {name}.", hint="`tocsin user list` shows them."
        )
    return user


def grant(tx: Tx, name: str, grant: Grant, *, by: str, now: datetime) -> None:
    """Give a role; giving it twice is harmless.

    Raises:
        NotFound("user")
    """
    tx.people.grant(found(tx, name).name, grant)
    note(tx, f"{name} was made {grant}", by=by, now=now)


def revoke(tx: Tx, name: str, grant: Grant, *, by: str, now: datetime) -> None:
    """Take a role away; it is gone with the next request.

    Raises:
        NotFound("user"), NotFound("role"): They do not hold exactly this one.
        Conflict("user.last_admin")
    """
    if not tx.people.revoke(found(tx, name).name, grant):
        raise NotFound(
            "role", f"{name} is not {grant}.", hint="`tocsin role list` shows who holds which."
        )
    _keep_an_admin(tx)
    note(tx, f"{name} is no longer {grant}", by=by, now=now)


def disable(tx: Tx, name: str, *, by: str, now: datetime) -> User:
    """Keep a user out until they are enabled: tokens rest, sessions end. Return the user.

    Raises:
        NotFound("user"), Conflict("user.last_admin")
    """
    user = replace(found(tx, name), disabled_at=now)
    tx.people.put_user(user)
    tx.people.end_sessions(name)
    _keep_an_admin(tx)
    note(tx, f"user {name} was disabled", by=by, now=now)
    return user


def enable(tx: Tx, name: str, *, by: str, now: datetime) -> User:
    """Let a user in again, with the roles and tokens they had. Return the user.

    Raises:
        NotFound("user")
    """
    user = replace(found(tx, name), disabled_at=None)
    tx.people.put_user(user)
    note(tx, f"user {name} was enabled", by=by, now=now)
    return user


def remove(tx: Tx, name: str, *, by: str, now: datetime) -> None:
    """Forget a user. What they did stays on the timelines under their name.

    Raises:
        NotFound("user"), Conflict("user.last_admin")
    """
    tx.people.remove_user(found(tx, name).name)
    _keep_an_admin(tx)
    note(tx, f"user {name} was removed", by=by, now=now)


def set_password(tx: Tx, name: str, hashed: str, *, by: str, now: datetime) -> User:
    """Keep a new password, as Argon2 wrote it; empty: none. All sessions end. Return the user.

    Raises:
        NotFound("user")
    """
    user = replace(found(tx, name), password=hashed)
    tx.people.put_user(user)
    tx.people.end_sessions(name)
    said = "has a new password" if hashed else "has no password any more"
    note(tx, f"user {name} {said}", by=by, now=now)
    return user


def checked_password(password: str, name: str) -> str:
    """Return a password that is worth keeping.

    Raises:
        Invalid("password.weak")
    """
    if not SHORTEST <= len(password) <= LONGEST or folded(name) == folded(password):
        raise Invalid(
            "password.weak",
            f"A password has {SHORTEST} to {LONGEST} characters, and is not the name.",
            hint="Four words that nobody expects together are easy to keep in mind.",
        )
    return password


def has_admin(tx: Tx) -> bool:
    """Whether somebody may let people in."""
    return any(
        tx.people.rights(user.name).may(Permission.ADMINISTER, EVERYWHERE)
        for user in tx.people.users()
    )


def note(tx: Tx, text: str, *, by: str, now: datetime) -> None:
    """Put what was done with users on the record."""
    tx.audit.note(EntryKind.PEOPLE, text, at=now, actor=by)


def _keep_an_admin(tx: Tx) -> None:
    if not has_admin(tx):
        raise Conflict(
            "user.last_admin",
            "Nobody would be admin of all services any more.",
            hint="Make somebody else admin first: `tocsin role grant NAME admin`.",
        )
