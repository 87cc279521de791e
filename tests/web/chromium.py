"""A real browser on a real server: what the browser tests and the pictures share."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tocsin.web import site
from tocsin.web.live import Live
from web.scene import TOKENS, Scene

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1360, "height": 900}
PHONE = {"width": 390, "height": 844}


@contextlib.contextmanager
def served(scene: Scene) -> Iterator[tuple[str, Live]]:
    """Serve the scene on a free port of this machine; yield its address."""
    live = Live()
    # said in full: asyncio turns off the delay of small packets only where it knows it is TCP
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(100)
        port = listening.getsockname()[1]
        config = uvicorn.Config(
            site.build(scene.app, live), log_level="warning", timeout_graceful_shutdown=2
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}", live
        finally:
            live.close()
            server.should_exit = True
            thread.join(10)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """One person's browser window, which remembers what its console said."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.address = address
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def log_in(self, person: str = "ada") -> None:
        """Log in by the form."""
        self.page.goto(f"{self.address}/login")
        self.page.fill("#token", TOKENS[person])
        self.page.click("button.go")
        self.page.wait_for_url(f"{self.address}/")

    def open(self, path: str) -> None:
        """Open a page of ours and wait until it is there."""
        self.page.goto(self.address + path)

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def barriers(self) -> list[str]:
        """Return what axe-core finds wrong; run only where it is installed."""
        self.page.evaluate(AXE.read_text())
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        options = json.dumps({"runOnly": {"type": "tag", "values": tags}})
        found = self.page.evaluate(f"axe.run(document, {options})")["violations"]
        return [
            f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
            for each in found
        ]


@contextlib.contextmanager
def visiting(
    browser: Browser, address: str, *, size: dict[str, int], dark: bool = False, **options: Any
) -> Iterator[Visitor]:
    """Open a window of this size and colour scheme."""
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]  # a width and a height
        color_scheme="dark" if dark else "light",
        **options,
    )
    context.set_default_timeout(10_000)
    try:
        yield Visitor(context, address)
    finally:
        context.close()
