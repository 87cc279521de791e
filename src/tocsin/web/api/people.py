"""Users and tokens for machines: oneself for everybody, everybody for admins."""

from __future__ import annotations

import secrets

import msgspec

from tocsin.app import App
from tocsin.core.rights import EVERYWHERE, Grant, Permission, Role
from tocsin.core.user import Token, User
from tocsin.people import admit, tokens
from tocsin.people.tokens import FIRST, PREFIX
from tocsin.people.wishes import grant_of, make_own, role_named, wished
from tocsin.ports.store import Tx
from tocsin.web.gate import Need, On
from tocsin.web.present import Shown, instant
from tocsin.web.wire import Call, Reply, json_reply, route


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody to let in."""

    name: str
    role: str = Role.RESPONDER.value
    services: list[str] = []  # msgspec copies it; none: all services


class Granted(msgspec.Struct, forbid_unknown_fields=True):
    """One role, on one service or on all."""

    role: str
    service: str = EVERYWHERE


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """A token for oneself."""

    name: str
    days: int | None = None  # 90 where nothing is said
    never: bool = False
    role: str = ""
    services: list[str] = []  # msgspec copies it


@route("GET", "/v1/me", needs=Need.LOGIN)
def me(app: App, call: Call) -> Reply:
    """Say who you are, and what you may do with what you showed."""
    return json_reply({"name": call.actor, "rights": rights(call.rights.grants)})


@route("GET", "/v1/tokens", needs=Need.LOGIN)
def own_tokens(app: App, call: Call) -> Reply:
    """List your own tokens."""
    with app.store.look() as tx:
        return json_reply({"tokens": [token(each) for each in tx.people.tokens(call.actor)]})


@route("POST", "/v1/tokens", needs=Need.LOGIN, takes=NewToken)
def new_token(app: App, call: Call) -> Reply:
    """Make a token for yourself. The answer holds it; nothing else ever will."""
    sent = call.json(NewToken)
    wish = wished(sent.name, sent.days, sent.role, sent.services, never=sent.never)
    with app.store.begin() as tx:
        made, secret = make_own(tx, call.actor, wish, shown=call.caller.token, now=app.now())
    return json_reply({**token(made), "token": secret}, status=201)


@route("POST", "/v1/tokens/{number}/revoke", needs=Need.LOGIN)
def revoke_token(app: App, call: Call) -> Reply:
    """Revoke one of your own tokens, and end the sessions it opened."""
    number = call.number("number")
    with app.store.begin() as tx:
        tokens.revoke(tx, call.actor, number, by=call.actor, now=app.now())
    return json_reply({"id": number, "revoked": True})


@route("GET", "/v1/users", needs=Permission.ADMINISTER, on=On.ALL)
def users(app: App, call: Call) -> Reply:
    """List everybody who may log in, and what they may do."""
    with app.store.look() as tx:
        return json_reply({"users": [user(tx, each) for each in tx.people.users()]})


@route("POST", "/v1/users", needs=Permission.ADMINISTER, on=On.ALL, takes=NewUser)
def new_user(app: App, call: Call) -> Reply:
    """Make a user with a token, which the answer holds and nothing else ever will."""
    sent = call.json(NewUser)
    granted = [grant_of(app.workspace, sent.role, each) for each in sent.services or [EVERYWHERE]]
    secret, now = PREFIX + secrets.token_urlsafe(32), app.now()
    with app.store.begin() as tx:
        made = admit.add(tx, sent.name, granted, by=call.actor, now=now)
        tokens.add(tx, made.name, FIRST, secret, by=call.actor, now=now)
        return json_reply({**user(tx, made), "token": secret}, status=201)


@route("POST", "/v1/users/{name}/grant", needs=Permission.ADMINISTER, on=On.ALL, takes=Granted)
def grant(app: App, call: Call) -> Reply:
    """Give somebody a role."""
    sent, name = call.json(Granted), call.path["name"]
    with app.store.begin() as tx:
        given = grant_of(app.workspace, sent.role, sent.service)
        admit.grant(tx, name, given, by=call.actor, now=app.now())
        return json_reply(user(tx, admit.found(tx, name)))


@route("POST", "/v1/users/{name}/revoke", needs=Permission.ADMINISTER, on=On.ALL, takes=Granted)
def revoke(app: App, call: Call) -> Reply:
    """Take a role from somebody. It is gone with their next request."""
    sent, name = call.json(Granted), call.path["name"]
    with app.store.begin() as tx:
        held = Grant(role=role_named(sent.role), service=sent.service)
        admit.revoke(tx, name, held, by=call.actor, now=app.now())
        return json_reply(user(tx, admit.found(tx, name)))


@route("POST", "/v1/users/{name}/disable", needs=Permission.ADMINISTER, on=On.ALL)
def disable(app: App, call: Call) -> Reply:
    """Keep somebody out until they are enabled."""
    with app.store.begin() as tx:
        left = admit.disable(tx, call.path["name"], by=call.actor, now=app.now())
        return json_reply(user(tx, left))


@route("POST", "/v1/users/{name}/enable", needs=Permission.ADMINISTER, on=On.ALL)
def enable(app: App, call: Call) -> Reply:
    """Let somebody in again, with the roles and tokens they had."""
    with app.store.begin() as tx:
        back = admit.enable(tx, call.path["name"], by=call.actor, now=app.now())
        return json_reply(user(tx, back))


@route("POST", "/v1/users/{name}/remove", needs=Permission.ADMINISTER, on=On.ALL)
def remove(app: App, call: Call) -> Reply:
    """Forget a user. Timelines keep the name."""
    with app.store.begin() as tx:
        admit.remove(tx, call.path["name"], by=call.actor, now=app.now())
    return json_reply({"name": call.path["name"], "removed": True})


def user(tx: Tx, found: User) -> Shown:
    """Return a user as admins see them. Nothing in it opens anything."""
    return {
        "name": found.name,
        "enabled": found.enabled,
        "rights": rights(tx.people.granted(found.name).grants),
        "has_password": bool(found.password),
        "issuer": found.issuer,
        "tokens": len(tx.people.tokens(found.name)),
    }


def rights(grants: tuple[Grant, ...]) -> list[Shown]:
    """Return roles with where they hold; `*` is everywhere."""
    return [{"role": each.role.value, "service": each.service} for each in grants]


def token(found: Token) -> Shown:
    """Return a token as its owner sees it."""
    return {
        "id": found.id,
        "name": found.name,
        "made_at": instant(found.made_at),
        "expires_at": instant(found.expires_at),
        "used_at": instant(found.used_at),
        "role": found.role.value if found.role else None,
        "services": list(found.services),
    }


ROUTES = (
    me,
    own_tokens,
    new_token,
    revoke_token,
    users,
    new_user,
    grant,
    revoke,
    disable,
    enable,
    remove,
)
