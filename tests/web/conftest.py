"""The scene, and clients with and without credentials."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tocsin.web import site
from tocsin.web.live import Live
from web import scene as scenes
from web.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return scenes.build(tmp_path)


@pytest.fixture
def anonymous(scene: Scene) -> Iterator[TestClient]:
    with TestClient(site.build(scene.app, Live()), follow_redirects=False) as client:
        yield client


@pytest.fixture
def ada(scene: Scene) -> Iterator[TestClient]:
    """Ada's program: a bearer token."""
    headers = {"Authorization": f"Bearer {scenes.TOKENS[scenes.ADA]}"}
    application = site.build(scene.app, Live())
    with TestClient(application, headers=headers, follow_redirects=False) as client:
        yield client


@pytest.fixture
def browser(scene: Scene) -> Iterator[TestClient]:
    """Ada's browser: a session, and the Origin that browsers send."""
    application = site.build(scene.app, Live())
    headers = {"Origin": "http://testserver"}
    with TestClient(application, headers=headers, follow_redirects=False) as client:
        answer = client.post("/login", data={"token": scenes.TOKENS[scenes.ADA]})
        assert answer.status_code == 303
        yield client
