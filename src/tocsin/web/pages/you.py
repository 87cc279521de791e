"""What you may do here, what opens it, and how to take that back."""

from __future__ import annotations

from tocsin.app import App
from tocsin.core.errors import Invalid
from tocsin.core.rights import EVERYWHERE, Permission
from tocsin.people import admit, tokens
from tocsin.people.wishes import make_own, wished
from tocsin.web import who
from tocsin.web.gate import Need
from tocsin.web.pages.render import shown, utc
from tocsin.web.wire import Call, Reply, Slow, redirect, route

_PLACE = "/you"


@route("GET", "/you", needs=Need.LOGIN)
def you(app: App, call: Call) -> Reply:
    """Show your rights, tokens and ways to log in."""
    return _page(app, call)


@route("POST", "/you/tokens", needs=Need.LOGIN)
def new_token(app: App, call: Call) -> Reply:
    """Make a token, and show it: once, and only in this answer."""
    sent = call.form()
    lasts = sent.get("days", "")
    if lasts not in ("1", "30", "90", "365", "never"):
        raise Invalid("request.form", "The form does not say how long the token lasts.")
    days = None if lasts == "never" else int(lasts)
    services = tuple(filter(None, [sent.get("service", "")]))
    wish = wished(
        sent.get("name", ""), days, sent.get("role", ""), services, never=lasts == "never"
    )
    with app.store.begin() as tx:
        _, secret = make_own(tx, call.actor, wish, shown=call.caller.token, now=app.now())
    return _page(app, call, secret=secret)


@route("POST", "/you/tokens/{number}/revoke", needs=Need.LOGIN)
def revoke_token(app: App, call: Call) -> Reply:
    """Revoke one of your tokens."""
    with app.store.begin() as tx:
        tokens.revoke(tx, call.actor, call.number("number"), by=call.actor, now=app.now())
    return redirect(_PLACE)


@route("POST", "/you/sessions/end", needs=Need.LOGIN)
def end_sessions(app: App, call: Call) -> Reply:
    """End all your sessions, this one included."""
    with app.store.begin() as tx:
        tx.people.end_sessions(call.actor)
        admit.note(tx, f"all sessions of {call.actor} were ended", by=call.actor, now=app.now())
    return redirect("/login")


@route("POST", "/you/password", needs=Need.LOGIN)
def new_password(app: App, call: Call) -> Slow:
    """Set a new password; it takes the old one, if there is one. All sessions end."""
    sent = call.form()
    pause = call.attempts.pause(call.actor, call.address)

    def work() -> Reply:
        if app.passwords is None:
            raise Invalid("request.form", "Nobody logs in by password here.")
        who.check_own_password(app, call.caller, sent.get("old", ""))
        new = admit.checked_password(sent.get("new", ""), call.actor)
        hashed = app.passwords.hashed(new)
        with app.store.begin() as tx:
            admit.set_password(tx, call.actor, hashed, by=call.actor, now=app.now())
        return redirect("/login")

    return Slow(pause_seconds=pause, work=work)


def _page(app: App, call: Call, *, secret: str = "") -> Reply:
    with app.store.look() as tx:
        user = tx.people.user(call.actor)
        held = tx.people.tokens(call.actor)
    return shown(
        "you.html",
        person=call.actor,
        rights=[str(each) for each in call.rights.grants],
        services=[
            each.name
            for each in app.workspace.services
            if call.rights.may(Permission.SEE, each.name)
        ],
        tokens=held,
        secret=secret,
        user=user,
        is_admin=call.rights.may(Permission.ADMINISTER, EVERYWHERE),
        by_password=app.passwords is not None,
        now=utc(app.now()),
    )


ROUTES = (you, new_token, revoke_token, end_sessions, new_password)
