"""In with a password or a personal token, out with a button."""

from __future__ import annotations

import re
from collections.abc import Callable

from tocsin.app import App
from tocsin.core.errors import Unauthenticated
from tocsin.core.user import SESSION_LASTS, folded
from tocsin.web import who
from tocsin.web.gate import Need
from tocsin.web.pages import stopped
from tocsin.web.pages.render import shown
from tocsin.web.wire import Call, Reply, Slow, cookie_of, is_https, redirect, route

_WRONG = 401
_NOT_VALID = "That is not valid. Check that all of it was typed or copied."
_LOCAL = re.compile(r"/[A-Za-z0-9_.-][A-Za-z0-9/_.-]*")


@route("GET", "/login", needs=Need.NOTHING)
def ask(app: App, call: Call) -> Reply:
    """Ask who it is."""
    return asked(app, local(call.query.get("next", "")))


@route("POST", "/login", needs=Need.NOTHING)
def enter(app: App, call: Call) -> Reply | Slow:
    """Open a session and go on to where the person wanted to go."""
    sent = call.form()
    name = sent.get("name", "").strip()
    if not name:
        return _entered(app, call, lambda: who.sign_in(app, sent.get("token", "")))
    pause = call.attempts.pause(folded(name), call.address)

    def work() -> Reply:
        reply = _entered(
            app, call, lambda: who.sign_in_by_password(app, name, sent.get("password", ""))
        )
        if reply.status != _WRONG:
            call.attempts.succeeded(folded(name), call.address)
        return reply

    return Slow(pause_seconds=pause, work=work)


@route("POST", "/logout", needs=Need.NOTHING)
def leave(app: App, call: Call) -> Reply:
    """End the session."""
    who.sign_out(app, call.session)
    return redirect("/login", headers={"Set-Cookie": cookie(app, "", 0)})


def _entered(app: App, call: Call, sign_in: Callable[[], str]) -> Reply:
    wanted = local(call.form().get("next", ""))
    try:
        value = sign_in()
    except Unauthenticated:
        return asked(app, wanted, wrong=_NOT_VALID)
    return entered(app, call, value, wanted)


def entered(app: App, call: Call, value: str, wanted: str) -> Reply:
    """Give the browser its new session, which takes the place of any that it had."""
    who.sign_out(app, call.session)
    lasts = int(SESSION_LASTS.total_seconds())
    return redirect(wanted, headers={"Set-Cookie": cookie(app, value, lasts)})


def asked(app: App, wanted: str, *, wrong: str = "") -> Reply:
    """Ask who it is; again, with what was wrong, where there is something wrong."""
    oidc = app.workspace.oidc
    return shown(
        "login.html",
        status=_WRONG if wrong else 200,
        person="",
        wrong=wrong,
        next=wanted,
        by_password=app.passwords is not None,
        stopped=stopped.banner(app, None),
        provider=oidc.label if oidc and app.identity else "",
    )


def local(where: str) -> str:
    """Return `where` if it is a path of ours, else the board: never another site."""
    return where if _LOCAL.fullmatch(where) else "/"


def cookie(app: App, value: str, lasts_seconds: int) -> str:
    """Return the header that sets a session's cookie, or takes it away."""
    # Lax, not Strict: a link from a mail must find the session
    secure = "; Secure" if is_https(app) else ""
    flags = f"Path=/; HttpOnly; SameSite=Lax; Max-Age={lasts_seconds}{secure}"
    return f"{cookie_of(app)}={value}; {flags}"


ROUTES = (ask, enter, leave)
