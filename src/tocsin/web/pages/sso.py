"""In through an identity provider: there, and back with a code.

What was begun is kept in a cookie of ten minutes, sealed with our key; what comes back counts
only together with it, so nobody can be logged in by a link, as themselves or as anybody else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

from tocsin.app import App
from tocsin.core.errors import NotFound, Problem, Unauthenticated
from tocsin.people import groups
from tocsin.ports.identity import IdentityProvider, Login
from tocsin.web import who
from tocsin.web.gate import Need
from tocsin.web.pages.login import asked, entered, local
from tocsin.web.wire import Call, Reply, is_https, redirect, route, with_cookies

_BEGUN = "tocsin_login"
_LASTS = timedelta(minutes=10)
_SHORTEST_STATE = 20


@route("GET", "/login/oidc", needs=Need.NOTHING)
def begin(app: App, call: Call) -> Reply:
    """Send the browser to the identity provider."""
    provider = _provider(app)
    login = Login(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
    )
    wanted = local(call.query.get("next", ""))
    kept = _sealed(app, login, wanted)
    return redirect(provider.address(login), headers={"Set-Cookie": _cookie(app, kept)})


@route("GET", "/login/oidc/return", needs=Need.NOTHING)
def end(app: App, call: Call) -> Reply:
    """Open a session for whom the provider names."""
    try:
        login, wanted = _begun(app, call)
        identity = _provider(app).identity(call.query.get("code", ""), login)
        settings = app.workspace.oidc
        with app.store.begin() as tx:
            user = groups.signed_in(tx, identity, settings.roles if settings else {}, now=app.now())
    except NotFound:
        raise
    except Problem as problem:
        who.log.warning("no login by the identity provider: %s %s", problem.message, problem.hint)
        return with_cookies(asked(app, "/", wrong=problem.message), _cookie(app, ""))
    value = who.open_session(app, user.name)
    return with_cookies(entered(app, call, value, wanted), _cookie(app, ""))


def _provider(app: App) -> IdentityProvider:
    if app.identity is None:
        raise NotFound("path", "There is nothing here.", hint="The board is at /.")
    return app.identity


def _begun(app: App, call: Call) -> tuple[Login, str]:
    """Return the login that this browser began, and where it wanted to go.

    Raises:
        Unauthenticated("login.state"): It began none, or another one, or too long ago.
    """
    login, wanted, at = _opened(app, call.cookies.get(_name(app), ""))
    same = hmac.compare_digest(login.state.encode(), call.query.get("state", "").encode())
    fresh = timedelta() <= app.now() - at < _LASTS
    if not same or not fresh or len(login.state) < _SHORTEST_STATE:
        raise Unauthenticated(
            "login.state", "This login was not begun here, or too long ago.", hint="Begin anew."
        )
    return login, wanted


def _sealed(app: App, login: Login, wanted: str) -> str:
    at = str(int(app.now().timestamp()))
    text = "\n".join((login.state, login.nonce, login.verifier, at, wanted))
    written = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"{written}.{_seal(app, written)}"


def _opened(app: App, kept: str) -> tuple[Login, str, datetime]:
    """Return what `_sealed` kept; a login that nothing fits where it did not."""
    written, _, seal = kept.partition(".")
    if not hmac.compare_digest(seal.encode(), _seal(app, written).encode()):
        return Login(state="", nonce="", verifier=""), "/", datetime.min.replace(tzinfo=UTC)
    text = base64.urlsafe_b64decode(written + "==").decode()
    state, nonce, verifier, at, wanted = text.split("\n")
    login = Login(state=state, nonce=nonce, verifier=verifier)
    return login, local(wanted), datetime.fromtimestamp(int(at), UTC)


def _seal(app: App, written: str) -> str:
    key = hmac.digest(app.secret_key, b"login", hashlib.sha256)
    return hmac.new(key, written.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _name(app: App) -> str:
    return f"__Host-{_BEGUN}" if is_https(app) else _BEGUN


def _cookie(app: App, value: str) -> str:
    secure = "; Secure" if is_https(app) else ""
    lasts = int(_LASTS.total_seconds()) if value else 0
    return f"{_name(app)}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={lasts}{secure}"


ROUTES = (begin, end)
