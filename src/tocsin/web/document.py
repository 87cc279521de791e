"""The API's description of itself: OpenAPI 3.1, written by FastAPI.

Imported when somebody asks for the document: FastAPI and what it needs take longer to import
than everything else that answers, and nobody who is paged should wait for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.responses import Response

from tocsin import __version__
from tocsin.web.gate import Need
from tocsin.web.wire import MACHINES, Route


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the OpenAPI document of the routes that machines use."""
    api = FastAPI(title="Tocsin", version=__version__)
    for each in routes:
        if each.path.startswith(MACHINES):
            _add(api, each)
    document = api.openapi()
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["bearer"] = {"type": "http", "scheme": "bearer"}
    return document


async def _described() -> Response:
    """Stand in for the endpoint: this application is described, never served."""
    return Response(status_code=501)


def _add(api: FastAPI, route: Route) -> None:
    told = route.endpoint.__doc__ or ""
    api.add_api_route(
        route.path,
        _described,
        methods=[route.method],
        response_model=None,
        summary=told.partition("\n")[0],
        description=f"{told}\n\n{_asked(route)}",
        operation_id=f"{route.method.lower()}{re.sub(r'[^a-z]+', '_', route.path)}",
        openapi_extra=_extra(route),
    )


def _asked(route: Route) -> str:
    if isinstance(route.needs, Need):
        return f"Needs {route.needs}."
    return f"Needs the permission {route.needs} on {route.on}."


def _extra(route: Route) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    parameters += [
        {"name": name, "in": "query", "schema": {"type": "string"}} for name in route.asks
    ]
    if parameters:
        extra["parameters"] = parameters
    if route.takes:
        schema = msgspec.json.schema(route.takes)
        extra["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema["$defs"][route.takes.__name__]}},
        }
    if route.needs is not Need.NOTHING:
        extra["security"] = [{"bearer": []}]
    return extra
