"""The banner that stands on every page while everything is stopped."""

from __future__ import annotations

from tocsin.app import App
from tocsin.ports.store import Tx
from tocsin.running import stop
from tocsin.web.pages.render import fill


def banner(app: App) -> str:
    """Return the banner's markup; empty where nothing is stopped."""
    with app.store.look() as tx:
        return markup(tx)


def markup(tx: Tx) -> str:
    """Return the banner's markup; empty where nothing is stopped."""
    standing = stop.standing(tx)
    return fill("stopped.html", standing=standing) if standing else ""
