"""Pages by webhook, against a real server on loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

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
    address: str = ""
    taken: list[tuple[Headers, bytes]] = field(default_factory=list)

    def channel(self, signing_key: str = "") -> WebhookChannel:
        hook = Channel(name="hook", kind=ChannelKind.WEBHOOK, url=self.address)
        return WebhookChannel(hook, signing_key=signing_key)


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A receiver of pages."""
    made = Hook()

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.taken.append((self.headers, body))
            self.send_response(made.status)
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


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_not_now_is_tried_again(hook: Hook, status: int) -> None:
    """The receiver is ill or busy: the page is still wanted."""
    hook.status = status
    with pytest.raises(Unavailable):
        hook.channel().send(PAGE, ADA)


@pytest.mark.parametrize("status", [301, 400, 404, 410])
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
