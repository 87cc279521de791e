"""Where sources report: answered only when what they sent is on the disk."""

from __future__ import annotations

from tocsin.app import App
from tocsin.intake import decode
from tocsin.ports.inbox import Incoming, Receipt
from tocsin.web.gate import Need
from tocsin.web.wire import LARGE, Call, Later, Reply, json_reply, route


@route("POST", "/v1/events/alertmanager", needs=Need.ALERTMANAGER, limit_bytes=LARGE)
def from_alertmanager(app: App, call: Call) -> Later:
    """Take Alertmanager's webhook, version 4.

    Answers 200 with how many alerts were new or changed, unchanged, or quarantined, after
    all of it is durable. 503 with Retry-After means: nothing was kept, send it again.
    """
    return _kept(app, decode.alertmanager(call.actor, call.body))


@route("POST", "/v1/events/generic", needs=Need.GENERIC, limit_bytes=LARGE)
def from_anything(app: App, call: Call) -> Later:
    """Take alerts from anything that can post JSON.

    The body is `{"alerts": [{"name", "status", "labels", "annotations", …}]}`; see the
    reference. The answer is the same as for Alertmanager.
    """
    return _kept(app, decode.generic(call.actor, call.body))


def _kept(app: App, incoming: Incoming) -> Later:
    return Later(future=app.inbox.put(incoming), then=_receipt)


def _receipt(receipt: Receipt) -> Reply:
    return json_reply(
        {
            "accepted": receipt.accepted,
            "unchanged": receipt.unchanged,
            "quarantined": receipt.quarantined,
        }
    )


ROUTES = (from_alertmanager, from_anything)
