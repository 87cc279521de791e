"""The global stop for machines: see it, set it, lift it."""

from __future__ import annotations

import msgspec

from tocsin.app import App
from tocsin.core.rights import Permission
from tocsin.ports.store import Tx
from tocsin.running import stop
from tocsin.web.gate import On
from tocsin.web.present import instant
from tocsin.web.wire import Call, Reply, json_reply, route


class Because(msgspec.Struct, forbid_unknown_fields=True):
    """Why."""

    reason: str = ""


@route("GET", "/v1/stop", needs=Permission.SEE, on=On.SOME)
def shown(app: App, call: Call) -> Reply:
    """Say whether everything is stopped, since when, by whom and why."""
    with app.store.look() as tx:
        return _told(tx)


@route("POST", "/v1/stop", needs=Permission.RESPOND, on=On.SOME, takes=Because)
def set_(app: App, call: Call) -> Reply:
    """Stop everything: no step starts, and every running one is ended. Pages still go out."""
    # it concerns all services, and every open incident is told
    with app.store.seen_by(None).begin() as tx:
        stop.stop(tx, call.json(Because).reason, by=call.actor, now=app.now())
        return _told(tx)


@route("POST", "/v1/stop/lift", needs=Permission.APPROVE, on=On.ALL, takes=Because)
def lift(app: App, call: Call) -> Reply:
    """Let steps start again."""
    with app.store.begin() as tx:
        stop.lift(tx, call.json(Because).reason, by=call.actor, now=app.now())
        return _told(tx)


def _told(tx: Tx) -> Reply:
    found = stop.standing(tx)
    if found is None:
        return json_reply({"stopped": False, "by": "", "at": None, "reason": ""})
    at = instant(found.at)
    return json_reply({"stopped": True, "by": found.by, "at": at, "reason": found.because})


ROUTES = (shown, set_, lift)
