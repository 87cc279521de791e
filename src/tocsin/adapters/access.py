"""The address and the password for one use of a store, put together when it is used.

The password of the login for changes is read here only for what is not read-only.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

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


def over_http(access: Access) -> tuple[str, Mapping[str, str]]:
    """Return the address without a login, and the header that logs in, empty without one.

    With a name in the address the password goes with the name, else it is a bearer's token.
    """
    address = urlsplit(access.url)
    url = address._replace(netloc=address.netloc.rpartition("@")[2]).geturl().rstrip("/")
    password = access.password or unquote(address.password or "")
    if address.username:
        pair = f"{unquote(address.username)}:{password}".encode()
        return url, {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return url, {"authorization": f"Bearer {password}"} if password else {}
