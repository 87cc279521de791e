"""Pages by webhook, against a real server on loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tocsin.adapters.channels import webhook
from tocsin.adapters.channels.webhook import WebhookChannel
from tocsin.core.errors import Invalid, Unavailable
from tocsin.core.workspace import Channel, ChannelKind, Person
from tocsin.ports.channels import Message

ADA = Person(name="ada")
PAGE = Message(
    key="tocsin-delivery-1", subject="[P0] shop", text="shop is down", link="http://x", facts={}
)


@dataclass
class Hook:
    """What answers, and what it was sent."""

    status: int = 200
    location: str = ""
    hangs_s: float = 0.0
    address: str = ""
    taken: list[tuple[Headers, bytes]] = field(default_factory=list)

    def channel(self, signing_key: str = "") -> WebhookChannel:
        hook = Channel(name="hook", kind=ChannelKind.WEBHOOK, url=self.address)
        return WebhookChannel(hook, signing_key=signing_key)


@contextmanager
def receiving() -> Iterator[Hook]:
    """Yield a receiver of pages while the body runs."""
    made = Hook()

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.taken.append((self.headers, body))
            time.sleep(made.hangs_s)
            self.send_response(made.status)
            if made.location:
                self.send_header("location", made.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Taker) as server:
        made.address = f"http://127.0.0.1:{server.server_address[1]}/"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield made
        server.shutdown()
        serving.join()


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A receiver of pages."""
    with receiving() as made:
        yield made


def test_a_page_can_be_checked_by_who_knows_the_key(hook: Hook) -> None:
    """Anybody can post to an address: only the signature says that it was us."""
    assert hook.channel("secret").send(PAGE, ADA) == "HTTP 200"

    ((headers, body),) = hook.taken
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(b"secret", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert json.loads(body)["text"] == "shop is down"


def test_every_attempt_at_a_page_carries_the_same_key(hook: Hook) -> None:
    """So that a receiver can tell a repeat after a crash from a second page."""
    channel = hook.channel()

    channel.send(PAGE, ADA)
    channel.send(PAGE, ADA)

    assert [headers["webhook-id"] for headers, _ in hook.taken] == ["tocsin-delivery-1"] * 2


@pytest.mark.parametrize("status", [500, 503, 429, 408, 401, 403, 404, 301])
def test_what_may_change_is_tried_again(hook: Hook, status: int) -> None:
    """The receiver is ill or busy, or somebody mends the address: the page is still wanted."""
    hook.status = status
    with pytest.raises(Unavailable) as caught:
        hook.channel().send(PAGE, ADA)

    assert str(status) in caught.value.message


def test_a_redirect_is_not_followed(hook: Hook) -> None:
    """The page, its link and its signature go where the team said, nowhere else."""
    with receiving() as other:
        hook.status, hook.location = 307, other.address
        with pytest.raises(Unavailable):
            hook.channel("secret").send(PAGE, ADA)

    assert len(hook.taken) == 1
    assert other.taken == []


def test_a_receiver_that_hangs_is_left(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other people wait for their page."""
    monkeypatch.setattr(webhook, "_TIMEOUT_S", 0.3)
    hook.hangs_s = 2.0
    began = time.monotonic()

    with pytest.raises(Unavailable):
        hook.channel().send(PAGE, ADA)

    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("url", ["nonsense", "http://[", "http://h:port/", "ftp://h/", "http:///"])
def test_an_address_that_is_none_is_a_problem(url: str) -> None:
    """A slip in tocsin.toml is said on the incident, and mended while we try."""
    hook = Channel(name="hook", kind=ChannelKind.WEBHOOK, url=url)
    with pytest.raises(Unavailable):
        WebhookChannel(hook).send(PAGE, ADA)


@pytest.mark.parametrize("status", [400, 410, 422])
def test_never_is_given_up(hook: Hook, status: int) -> None:
    """No repeat will change its mind; the incident says so instead."""
    hook.status = status
    with pytest.raises(Invalid):
        hook.channel().send(PAGE, ADA)


def test_nobody_there_is_tried_again() -> None:
    """A receiver that restarts must not lose the page."""
    hook = Channel(name="hook", kind=ChannelKind.WEBHOOK, url="http://127.0.0.1:9/")
    with pytest.raises(Unavailable):
        WebhookChannel(hook).send(PAGE, ADA)
