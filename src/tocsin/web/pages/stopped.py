"""The banner that stands on every page while everything is stopped."""

from __future__ import annotations

from tocsin.app import App
from tocsin.ports.store import Tx
from tocsin.running import stop
from tocsin.web.pages.render import fill


def banner(app: App, *, lifting: bool = True) -> str:
    """Return the banner's markup; empty where nothing is stopped.

    With `lifting` it has the form that ends the stop.
    """
    with app.store.look() as tx:
        return markup(tx, lifting=lifting)


def markup(tx: Tx, *, lifting: bool = True) -> str:
    """Return the banner's markup, as `banner` does."""
    standing = stop.standing(tx)
    return fill("stopped.html", standing=standing, lifting=lifting) if standing else ""
