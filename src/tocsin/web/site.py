"""The web application: every route, what it wears, and how it ends."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from tocsin.app import App
from tocsin.web.api import events, health, incidents, runs, stopping
from tocsin.web.api import people as api_people
from tocsin.web.armour import Armour
from tocsin.web.gate import Need
from tocsin.web.live import Live
from tocsin.web.pages import (
    acting,
    board,
    incident,
    link,
    login,
    people,
    postmortem,
    problem,
    sso,
    you,
)
from tocsin.web.wire import Call, Reply, Route, json_reply, mount, route

STATIC = Path(__file__).parent / "static"

ROUTES: tuple[Route, ...] = (
    *events.ROUTES,
    *incidents.ROUTES,
    *runs.ROUTES,
    *stopping.ROUTES,
    *health.ROUTES,
    *api_people.ROUTES,
    *board.ROUTES,
    *incident.ROUTES,
    *acting.ROUTES,
    *postmortem.ROUTES,
    *login.ROUTES,
    *sso.ROUTES,
    *link.ROUTES,
    *you.ROUTES,
    *people.ROUTES,
)
"""Everything that answers, and what it needs: the tests go through this table."""


@route("GET", "/v1/openapi.json", needs=Need.LOGIN)
def openapi(app: App, call: Call) -> Reply:
    """Describe this API as OpenAPI 3.1."""
    writer = importlib.import_module("tocsin.web.document")
    return json_reply(writer.describe((*ROUTES, openapi)))


def build(app: App, live: Live) -> ASGIApp:
    """Return the application; `live` ends its streams when the process goes down.

    Raises:
        ValueError: A route needs something nobody knows how to check.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        live.close()

    site = Starlette(lifespan=lifespan)
    site.router.redirect_slashes = False
    mount(site, app, live, (*ROUTES, openapi), face=problem.face(app))
    site.mount("/static", StaticFiles(directory=STATIC))
    return Armour(site)
