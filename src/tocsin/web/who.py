"""Who is calling: personal tokens, the sessions they open, and the tokens of sources.

Tokens are random, so a plain SHA-256 of them is all that is stored and looked up. Whatever
is wrong with a credential, the answer is the same sentence.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from tocsin.app import App
from tocsin.core.errors import Unauthenticated
from tocsin.core.workspace import SourceKind

SESSION = timedelta(hours=12)
"""How long a login lasts: longer than a shift, shorter than a day."""

_LONGEST_TOKEN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a request brought. A bearer token, where there is one, decides alone."""

    bearer: str = ""
    session: str = ""

    @property
    def any(self) -> bool:
        """Whether the caller claims to be somebody."""
        return bool(self.bearer or self.session)


Guard = Callable[[App, Credentials], str]
"""Returns the name of who is calling; raises Unauthenticated("auth")."""


def sha256(token: str) -> str:
    """Return the hash a token is stored under, in hex."""
    return hashlib.sha256(token[:_LONGEST_TOKEN].encode("utf-8", "replace")).hexdigest()


def bearer(header: str) -> str:
    """Return the token of an `Authorization` header; empty where it is of another scheme."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def anybody(app: App, credentials: Credentials) -> str:
    """Return an empty name: this door is open."""
    return ""


def person(app: App, credentials: Credentials) -> str:
    """Return the person whose token or session this is."""
    if not credentials.any:
        raise _unknown()
    with app.store.look() as tx:
        if credentials.bearer:
            name = tx.people.person_of_token(sha256(credentials.bearer))
        else:
            name = tx.people.person_of_session(sha256(credentials.session), now=app.now())
    if not name:
        raise _unknown()
    return name


def source(kind: SourceKind) -> Guard:
    """Return the guard that lets in configured sources of one kind."""

    def guard(app: App, credentials: Credentials) -> str:
        offered = sha256(credentials.bearer)
        found = ""
        for each in app.workspace.sources:  # all of them, so that the time tells nothing
            same = hmac.compare_digest(offered, each.token_sha256.lower())
            if same and credentials.bearer and each.kind is kind:
                found = each.name
        if not found:
            raise _unknown()
        return found

    return guard


def sign_in(app: App, token: str) -> str:
    """Open a session for the owner of a personal token; return what the cookie holds.

    Raises:
        Unauthenticated("auth"): It is nobody's token.
    """
    name = person(app, Credentials(bearer=token.strip()))
    cookie = secrets.token_urlsafe(32)
    with app.store.begin() as tx:
        tx.people.add_session(name, sha256(cookie), expires_at=app.now() + SESSION)
    return cookie


def sign_out(app: App, cookie: str) -> None:
    """End a session; harmless where there is none."""
    if cookie:
        with app.store.begin() as tx:
            tx.people.end_session(sha256(cookie))


def _unknown() -> Unauthenticated:
    return Unauthenticated(
        "auth",
        "This needs a valid token.",
        hint="`tocsin user add NAME` makes a personal one; sources have theirs in tocsin.toml.",
    )
