"""Every hostile string in a page: as the title, the service, the reason and what was found."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from hostile_strings import Trap, strings
from servers import free_port
from sight import assert_seen
from tocsin.adapters.channels.smtp import SmtpChannel
from tocsin.adapters.channels.webhook import WebhookChannel
from tocsin.core.ids import DeliveryId, IncidentId, PageId
from tocsin.core.incident import Incident
from tocsin.core.page import EMERGENCY, Delivery, Page
from tocsin.core.run import RunState
from tocsin.core.workspace import Channel, ChannelKind, Person
from tocsin.paging.compose import compose
from tocsin.ports.channels import Message
from web.scene import playbook

NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
EACH = 5  # strings in one page
HEADERS = {
    "From", "To", "Subject", "Message-ID", "Auto-Submitted", "X-Priority", "Content-Type",
    "Content-Transfer-Encoding", "MIME-Version",
}  # fmt: skip
LINK = "http://tocsin.test/page/x"
SAID = strings(Trap(folder="/nowhere", port=9))


def pages() -> Iterator[tuple[str, Message]]:
    """Yield pages with all strings, each page with its title."""
    (step_run, *_) = playbook()
    for at in range(0, len(SAID), EACH):
        title, service, reason, step, printed = (SAID[at : at + EACH] + [""] * EACH)[:EACH]
        incident = Incident(
            id=IncidentId(7),
            title=title,
            service=service,
            severity="P1",
            severity_rank=0,
            opened_at=NOW,
            triggered_at=NOW,
        )
        page = Page(
            id=PageId(1),
            incident_id=incident.id,
            triggered_at=NOW,
            round=0,
            rung=EMERGENCY,
            person="ada",
            made_at=NOW,
            reason=reason,
        )
        delivery = Delivery(
            id=DeliveryId(at + 1),
            page_id=page.id,
            incident_id=incident.id,
            person="ada",
            channel="mail",
        )
        looked = replace(step_run, step_title=step, state=RunState.SUCCEEDED)
        found = {looked.id: printed}
        yield title, compose(incident, page, delivery, [looked], found, link=LINK, now=NOW)


class Box:
    """A relay that takes everything."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.taken.append(envelope)
        return "250 taken"


def test_a_mail_has_our_headers_our_recipient_and_one_part() -> None:
    """Nothing in it ends a header, a part or the mail, and nothing in it hides."""
    box, port = Box(), free_port()
    relay = Controller(box, hostname="127.0.0.1", port=port)
    relay.start()
    try:
        channel = Channel(
            name="mail",
            kind=ChannelKind.SMTP,
            url=f"smtp://127.0.0.1:{port}",
            sender="tocsin@example.org",
        )
        ada = Person(name="ada", email="ada@example.org")
        sent = [message for _, message in pages()]
        for message in sent:
            SmtpChannel(channel).send(message, ada)
    finally:
        relay.stop()

    assert len(box.taken) == len(sent) > 1000
    for message, envelope in zip(sent, box.taken, strict=True):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert envelope.rcpt_tos == ["ada@example.org"]
        assert sorted(mail.keys()) == sorted(HEADERS)
        assert mail.get_content_type() == "text/plain"
        assert (mail["To"], mail["From"]) == ("ada@example.org", "tocsin@example.org")
        assert mail.defects == []
        body = mail.get_content().replace("\r\n", "\n")
        assert body.strip("\n") == message.text.strip("\n")
        assert_seen(mail["Subject"] + body, what="mail")
        assert LINK in body.split("\n")


@pytest.fixture
def hook() -> Iterator[tuple[list[bytes], str]]:
    """A receiver of webhooks."""
    taken: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield taken, f"http://127.0.0.1:{server.server_address[1]}/hook"
        server.shutdown()
        thread.join(10)


def test_a_webhook_says_the_title_exactly_and_has_our_names_only(
    hook: tuple[list[bytes], str],
) -> None:
    """A program gets it as it is, a person's text without what hides."""
    taken, url = hook
    channel = WebhookChannel(Channel(name="hook", kind=ChannelKind.WEBHOOK, url=url))
    sent = list(pages())
    for _, message in sent:
        channel.send(message, Person(name="ada"))

    names = {"key", "subject", "text", "link", *sent[0][1].facts}
    for (title, _), body in zip(sent, taken, strict=True):
        told = json.loads(body)
        assert set(told) == names
        assert told["title"] == title
        assert_seen(told["subject"] + told["text"], what="webhook")
