"""Who is calling: personal tokens, sessions, and the tokens of sources.

Tokens are random, so a plain SHA-256 of them is all that is stored and looked up. Whatever
is wrong with a credential, the answer is the same sentence. What somebody may do is read anew
for every request: whoever is revoked is out with the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from tocsin.app import App
from tocsin.core.errors import Unauthenticated, Unavailable
from tocsin.core.rights import NOTHING, Rights
from tocsin.core.timeline import EntryKind
from tocsin.core.user import SESSION_LASTS, Session, Token
from tocsin.core.workspace import SourceKind
from tocsin.ports.store import Tx

_LONGEST_TOKEN = 500
_NOTED_EVERY = timedelta(minutes=1)

log = logging.getLogger("tocsin.web")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a request brought. A bearer token, where there is one, decides alone."""

    bearer: str = ""
    session: str = ""

    @property
    def any(self) -> bool:
        """Whether the caller claims to be somebody."""
        return bool(self.bearer or self.session)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who has shown who they are, and what they may do with what they showed."""

    name: str = ""
    rights: Rights = NOTHING
    token: Token | None = None  # which they showed, or which opened their session
    session: Session | None = None


NOBODY = Caller()


def sha256(token: str) -> str:
    """Return the hash a token is stored under, in hex."""
    return hashlib.sha256(token[:_LONGEST_TOKEN].encode("utf-8", "replace")).hexdigest()


def bearer(header: str) -> str:
    """Return the token of an `Authorization` header; empty where it is of another scheme."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def person(app: App, credentials: Credentials) -> Caller:
    """Return the person whose token or session this is, with what they may do now.

    Raises:
        Unauthenticated("auth"): It is nobody's, or not any more.
    """
    if not credentials.any:
        raise unknown()
    with app.store.look() as tx:
        if credentials.bearer:
            found = _by_token(app, tx, tx.people.token(sha256(credentials.bearer)))
        else:
            found = _by_session(app, tx, sha256(credentials.session))
    _note_use(app, found)
    return found


def _by_session(app: App, tx: Tx, hashed: str) -> Caller:
    session = tx.people.session(hashed)
    if session is None or not session.opens(app.now()):
        raise unknown()
    if session.token_id is None:
        return Caller(
            name=session.person, rights=_rights(tx, session.person, None), session=session
        )
    opened_with = _by_token(app, tx, tx.people.token_numbered(session.token_id))
    return Caller(
        name=session.person, rights=opened_with.rights, token=opened_with.token, session=session
    )


def _by_token(app: App, tx: Tx, token: Token | None) -> Caller:
    if token is None or not token.opens(app.now()):
        raise unknown()
    return Caller(name=token.person, rights=_rights(tx, token.person, token), token=token)


def _rights(tx: Tx, name: str, token: Token | None) -> Rights:
    user = tx.people.user(name)
    if user is None or not user.enabled:
        raise unknown()
    granted = tx.people.rights(name)
    return granted.narrowed(token.role, token.services) if token else granted


def _note_use(app: App, caller: Caller) -> None:
    """Write down, at most once a minute, that a token or session was used.

    Whoever only looks must not wait for a database that somebody holds.
    """
    now = app.now()
    session, token = caller.session, caller.token
    if session is not None:
        if now - session.used_at < _NOTED_EVERY:
            return
        with contextlib.suppress(Unavailable), app.store.begin_at_once() as tx:
            tx.people.session_used(session.sha256, at=now)
    elif token is not None and (token.used_at is None or now - token.used_at >= _NOTED_EVERY):
        with contextlib.suppress(Unavailable), app.store.begin_at_once() as tx:
            tx.people.token_used(token.id, at=now)


def source(app: App, kind: SourceKind, credentials: Credentials) -> Caller:
    """Return the configured source of this kind whose token this is.

    Raises:
        Unauthenticated("auth"): It is none's.
    """
    offered = sha256(credentials.bearer)
    found = ""
    for each in app.workspace.sources:  # all of them, so that the time tells nothing
        same = hmac.compare_digest(offered, each.token_sha256.lower())
        if same and credentials.bearer and each.kind is kind:
            found = each.name
    if not found:
        raise unknown()
    return Caller(name=found)


def sign_in(app: App, token: str) -> str:
    """Open a session for the owner of a personal token; return what the cookie holds.

    Raises:
        Unauthenticated("auth"): It is nobody's token.
    """
    shown = person(app, Credentials(bearer=token.strip()))
    return open_session(app, shown.name, shown.token)


def sign_in_by_password(app: App, name: str, password: str) -> str:
    """Open a session for a user with this password; return what the cookie holds.

    Takes as long for a name that nobody has, or that has no password, as for a wrong one.

    Raises:
        Unauthenticated("auth"): Name and password do not belong together.
    """
    with app.store.look() as tx:
        user = tx.people.user(unicodedata.normalize("NFKC", name).strip())
    kept = user.password if user and user.enabled else ""
    fits = app.passwords is not None and app.passwords.fits(password[:_LONGEST_TOKEN], kept)
    if user is None or not fits:
        if user is not None:  # the name alone: somebody unknown may have typed a password there
            log.warning("a wrong password for %s", user.name)
        raise unknown()
    return open_session(app, user.name)


def check_own_password(app: App, caller: Caller, password: str) -> None:
    """Return if it is the caller's password, or they have none and came with nothing narrowed.

    Raises:
        Unauthenticated("auth"): It is not.
    """
    with app.store.look() as tx:
        user = tx.people.user(caller.name)
    narrowed = caller.token is not None and (caller.token.role or caller.token.services)
    if user is None or narrowed or app.passwords is None:
        raise unknown()
    if user.password and not app.passwords.fits(password[:_LONGEST_TOKEN], user.password):
        raise unknown()


def open_session(app: App, name: str, token: Token | None = None) -> str:
    """Open a session; return what its cookie holds. It may no more than the token, if any."""
    cookie = secrets.token_urlsafe(32)
    now = app.now()
    with app.store.begin() as tx:
        tx.people.end_sessions_before(now)
        tx.audit.note(EntryKind.LOGIN, f"{name} logged in", at=now, actor=name)
        tx.people.add_session(
            Session(
                sha256=sha256(cookie),
                person=name,
                token_id=token.id if token else None,
                made_at=now,
                used_at=now,
                expires_at=now + SESSION_LASTS,
            )
        )
    return cookie


def sign_out(app: App, cookie: str) -> None:
    """End a session; harmless where there is none."""
    if cookie:
        with app.store.begin() as tx:
            tx.people.end_session(sha256(cookie))


def unknown() -> Unauthenticated:
    """Return the one answer to whatever is wrong with a credential."""
    return Unauthenticated(
        "auth",
        "This needs a valid login or token.",
        hint="`tocsin user add NAME` makes a personal one; sources have theirs in tocsin.toml.",
    )
