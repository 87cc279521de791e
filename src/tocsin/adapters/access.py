"""The address and the password for one use of a store, put together when it is used.

The password of the login for changes is read here only for what is not read-only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tocsin.core.workspace import Target
from tocsin.ports.executors import SecretOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a store is reached just now."""

    url: str = field(repr=False)
    password: str = field(default="", repr=False)


def access_of(target: Target, secret: SecretOf, *, read_only: bool) -> Access:
    """Return how the target is reached, for looking or for an approved change.

    Raises:
        Conflict("target.no_change_url"): Nothing can be changed there.
        Problem: The secret cannot be read.
    """
    login = target.login(read_only=read_only)
    return Access(url=login.url, password=secret(login.secret) if login.secret else "")
