"""Who may log in, and what they may do: for admins."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from tocsin.app import App
from tocsin.core.rights import EVERYWHERE, Grant, Permission, Role
from tocsin.people import admit, tokens
from tocsin.people.tokens import FIRST, PREFIX
from tocsin.people.wishes import grant_of, role_named
from tocsin.ports.store import Tx
from tocsin.web.gate import On
from tocsin.web.pages.render import shown
from tocsin.web.wire import Call, Reply, Route, redirect, route


@route("GET", "/people", needs=Permission.ADMINISTER, on=On.ALL)
def people(app: App, call: Call) -> Reply:
    """Show everybody who may log in."""
    return _page(app, call)


@route("POST", "/people", needs=Permission.ADMINISTER, on=On.ALL)
def add(app: App, call: Call) -> Reply:
    """Make a user with a token, and show the token: once, and only in this answer."""
    secret, now = PREFIX + secrets.token_urlsafe(32), app.now()
    granted = _granted(app, call)
    with app.store.begin() as tx:
        made = admit.add(tx, call.form().get("name", ""), [granted], by=call.actor, now=now)
        tokens.add(tx, made.name, FIRST, secret, by=call.actor, now=now)
    return _page(app, call, made=made.name, secret=secret)


def _on_user(verb: str, act: Callable[[App, Call, Tx, str], object]) -> Route:
    def endpoint(app: App, call: Call) -> Reply:
        with app.store.begin() as tx:
            act(app, call, tx, call.path["name"])
        return redirect("/people")

    needed = Permission.ADMINISTER
    return route("POST", f"/people/{{name}}/{verb}", needs=needed, on=On.ALL)(endpoint)


def _grant(app: App, call: Call, tx: Tx, name: str) -> None:
    admit.grant(tx, name, _granted(app, call), by=call.actor, now=app.now())


def _revoke(app: App, call: Call, tx: Tx, name: str) -> None:
    sent = call.form()
    held = Grant(role=role_named(sent.get("role", "")), service=sent.get("service", ""))
    admit.revoke(tx, name, held, by=call.actor, now=app.now())


def _disable(app: App, call: Call, tx: Tx, name: str) -> None:
    admit.disable(tx, name, by=call.actor, now=app.now())


def _enable(app: App, call: Call, tx: Tx, name: str) -> None:
    admit.enable(tx, name, by=call.actor, now=app.now())


def _granted(app: App, call: Call) -> Grant:
    sent = call.form()
    return grant_of(app.workspace, sent.get("role", ""), sent.get("service", EVERYWHERE))


def _page(app: App, call: Call, *, made: str = "", secret: str = "") -> Reply:
    with app.store.look() as tx:
        found = [
            {
                "name": user.name,
                "enabled": user.enabled,
                "grants": tx.people.granted(user.name).grants,
                "has_password": bool(user.password),
                "issuer": user.issuer,
                "tokens": len(tx.people.tokens(user.name)),
                "is_paged": app.workspace.person(user.name) is not None,
            }
            for user in tx.people.users()
        ]
    return shown(
        "people.html",
        person=call.actor,
        users=found,
        roles=[each.value for each in Role],
        services=[each.name for each in app.workspace.services],
        made=made,
        secret=secret,
    )


ROUTES = (
    people,
    add,
    _on_user("grant", _grant),
    _on_user("revoke", _revoke),
    _on_user("disable", _disable),
    _on_user("enable", _enable),
)
