"""In with a personal token, out with a button."""

from __future__ import annotations

import re

from tocsin.app import App
from tocsin.core.errors import Unauthenticated
from tocsin.core.user import SESSION_LASTS
from tocsin.web import who
from tocsin.web.gate import Need
from tocsin.web.pages.render import shown
from tocsin.web.wire import COOKIE, Call, Reply, redirect, route

_LOCAL = re.compile(r"/[A-Za-z0-9_.-][A-Za-z0-9/_.-]*")


@route("GET", "/login", needs=Need.NOTHING)
def ask(app: App, call: Call) -> Reply:
    """Ask for a personal token."""
    return shown("login.html", person="", wrong=False, next=local(call.query.get("next", "")))


@route("POST", "/login", needs=Need.NOTHING)
def enter(app: App, call: Call) -> Reply:
    """Open a session and go on to where the person wanted to go."""
    sent = call.form()
    wanted = local(sent.get("next", ""))
    try:
        cookie = who.sign_in(app, sent.get("token", ""))
    except Unauthenticated:
        return shown("login.html", status=401, person="", wrong=True, next=wanted)
    return redirect(wanted, headers={"Set-Cookie": _cookie(app, cookie, SESSION_LASTS.seconds)})


@route("POST", "/logout", needs=Need.NOTHING)
def leave(app: App, call: Call) -> Reply:
    """End the session."""
    who.sign_out(app, call.session)
    return redirect("/login", headers={"Set-Cookie": _cookie(app, "", 0)})


def local(where: str) -> str:
    """Return `where` if it is a path of ours, else the board: never another site."""
    return where if _LOCAL.fullmatch(where) else "/"


def _cookie(app: App, value: str, lasts_seconds: int) -> str:
    # Lax, not Strict: a link from a mail must find the session
    secure = "; Secure" if app.workspace.public_url.startswith("https:") else ""
    flags = f"Path=/; HttpOnly; SameSite=Lax; Max-Age={lasts_seconds}{secure}"
    return f"{COOKIE}={value}; {flags}"


ROUTES = (ask, enter, leave)
