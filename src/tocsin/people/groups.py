"""Somebody whom an identity provider knows, as a user of ours: their name and their roles.

The provider's word for a person is issuer and subject; a name is only what they are called. So
nobody becomes a user who is there already by being called like them, and nobody is let in as
the first: admins are made here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from tocsin.core.errors import Conflict, Invalid, Unauthenticated
from tocsin.core.rights import Grant
from tocsin.core.timeline import SYSTEM
from tocsin.core.user import User, checked_name
from tocsin.people.admit import note
from tocsin.ports.identity import Identity
from tocsin.ports.store import Tx


def signed_in(tx: Tx, identity: Identity, roles: Mapping[str, Grant], *, now: datetime) -> User:
    """Return the user that this is, with the roles that their groups are worth today.

    Who was not known becomes a user; without a group that counts they may see nothing yet.

    Raises:
        Unauthenticated("login.disabled"), Conflict("login.name_taken"), Invalid("user.name")
    """
    user = tx.people.user_with_subject(identity.issuer, identity.subject)
    if user is None:
        user = _made(tx, identity, now=now)
    if not user.enabled:
        raise Unauthenticated(
            "login.disabled", "This user may not log in.", hint="Ask an admin of Tocsin."
        )
    _regrant(tx, user.name, {roles[each] for each in identity.groups if each in roles}, now=now)
    return user


def _regrant(tx: Tx, name: str, worth: Collection[Grant], *, now: datetime) -> None:
    """Give what the groups are worth instead of what they were, and say what that alters."""
    before = set(tx.people.granted(name).grants)
    tx.people.revoke_groups(name)
    for each in sorted(worth, key=str):
        tx.people.grant(name, each, by_groups=True)
    after = set(tx.people.granted(name).grants)
    for each in sorted(after - before, key=str):
        note(tx, f"{name} was made {each} by a group", by=SYSTEM, now=now)
    for each in sorted(before - after, key=str):
        note(tx, f"{name} is no longer {each} by a group", by=SYSTEM, now=now)


def _made(tx: Tx, identity: Identity, *, now: datetime) -> User:
    user = User(
        name=checked_name(identity.name),
        made_at=now,
        issuer=identity.issuer,
        subject=identity.subject,
    )
    if not tx.people.add_user(user):
        raise Conflict(
            "login.name_taken",
            f"There is another user called {user.name} already, or one whose name looks the same.",
            hint=f"If it is the same person: `tocsin user link {user.name} {identity.subject}`.",
        )
    note(tx, f"user {user.name} was made", by=identity.issuer, now=now)
    return user


def link(tx: Tx, user: User, issuer: str, subject: str, *, by: str, now: datetime) -> None:
    """Let a user log in through the provider from now on.

    Raises:
        Invalid("login.subject"): It is empty, or another user's.
    """
    held_by = tx.people.user_with_subject(issuer, subject)
    if not subject.strip() or (held_by is not None and held_by.name != user.name):
        raise Invalid("login.subject", "That subject is empty, or belongs to another user.")
    tx.people.put_user(replace(user, issuer=issuer, subject=subject))
    note(tx, f"user {user.name} logs in through {issuer} as {subject}", by=by, now=now)
