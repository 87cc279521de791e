"""The banner that stands on every page while everything is stopped."""

from __future__ import annotations

from tocsin.app import App
from tocsin.ports.store import Tx
from tocsin.running import stop
from tocsin.web.may import May
from tocsin.web.pages.render import fill


def banner(app: App, may: May | None) -> str:
    """Return the banner's markup; empty where nothing is stopped.

    Who may lift the stop gets the form for it. Without `may` it is for somebody whom we do not
    know: they are told that it is so, and neither by whom nor why.
    """
    with app.store.look() as tx:
        return markup(tx, may)


def markup(tx: Tx, may: May | None) -> str:
    """Return the banner's markup, as `banner` does."""
    standing = stop.standing(tx)
    return fill("stopped.html", standing=standing, may=may) if standing else ""
