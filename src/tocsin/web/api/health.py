"""Whether we are well, and what we could not make sense of."""

from __future__ import annotations

from tocsin.app import App
from tocsin.core.rights import Permission
from tocsin.web.gate import Need, On
from tocsin.web.present import instant
from tocsin.web.wire import Call, Reply, json_reply, route

_NEWEST = 100


@route("GET", "/health", needs=Need.NOTHING)
def health(app: App, call: Call) -> Reply:
    """Answer 200 once the database has answered us, else 503."""
    with app.store.look() as tx:
        tx.incidents.newest_entry()
    return json_reply({"status": "ok"})


@route("GET", "/v1/quarantine", needs=Permission.SEE, on=On.ALL)
def quarantine(app: App, call: Call) -> Reply:
    """List the newest parts of messages that made no sense, raw, with the reason."""
    with app.store.look() as tx:
        kept = tx.events.quarantined(_NEWEST)
    shown = [
        {
            "source": source,
            "at": instant(at),
            "reason": reason,
            "raw": raw.decode("utf-8", "replace"),
        }
        for source, at, reason, raw in kept
    ]
    return json_reply({"quarantined": shown})


ROUTES = (health, quarantine)
