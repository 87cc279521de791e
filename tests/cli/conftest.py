"""A real server on a real port, over the drill's table, and the command line that talks to it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

import drill as drills
from drill import Drill
from tocsin.cli.root import run
from tocsin.people import tokens
from tocsin.web import site
from tocsin.web.live import Live
from users import let_in

TOKEN = "token-of-ada"
SOURCE_TOKEN = "token-of-a-script"
SOURCE = f"""
[[source]]
name = "scripts"
kind = "generic"
token_sha256 = "{tokens.sha256(SOURCE_TOKEN)}"
"""


@dataclass(frozen=True)
class Ended:
    """How one command line ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Served:
    """The drill, served over HTTP, and Ada's shell."""

    drill: Drill
    url: str
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Ended:
        """Run one command line, then whatever became due."""
        status = run(words)
        self.drill.run_due()
        told = self.capsys.readouterr()
        return Ended(status, told.out, told.err)

    def waiting(self, title: str) -> str:
        """Return the number of a step run, as one writes it."""
        return str(self.drill.step_run(title).id)


@pytest.fixture
def served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Served]:
    """One firing alert, its incident open, Ada's token in her environment."""
    table = Drill(tmp_path, workspace=drills.WORKSPACE + SOURCE)
    with table.store.begin() as tx:
        let_in(tx, "ada", TOKEN, at=table.clock)
    table.alert()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(
            site.build(table.app, Live()), http="h11", ws="none", log_level="error"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        monkeypatch.setenv("TOCSIN_SERVER", url)
        monkeypatch.setenv("TOCSIN_TOKEN", TOKEN)
        monkeypatch.setenv("TOCSIN_SOURCE_TOKEN", SOURCE_TOKEN)
        try:
            yield Served(table, url, capsys)
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            table.close()
