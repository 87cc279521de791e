"""Pages by mail, through real relays on loopback that behave and misbehave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from servers import free_port
from tocsin.adapters.channels import smtp
from tocsin.adapters.channels.smtp import SmtpChannel
from tocsin.core.errors import Invalid, Unavailable
from tocsin.core.workspace import Channel, ChannelKind, Person
from tocsin.ports.channels import Message

ADA = Person(name="ada", email="ada@example.org")
PAGE = Message(
    key="tocsin-delivery-1", subject="[P0] shop", text="shop is down\n", link="http://x", facts={}
)


@dataclass
class Relay:
    """What answers, and what it has taken."""

    mail: str = ""
    rcpt: str = ""
    data: str = "250 queued as 7"
    drops: bool = False  # the connection, after the mail and before the answer
    hangs_s: float = 0.0
    taken: list[Any] = field(default_factory=list)

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.mail:
            return self.mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await asyncio.sleep(self.hangs_s)
        self.taken.append(envelope)
        if self.drops:
            server.transport.abort()
        return self.data


@contextmanager
def listening(relay: Relay, *, utf8: bool = True) -> Iterator[SmtpChannel]:
    """Yield the channel that leads to this relay."""
    port = free_port()
    controller = Controller(relay, hostname="127.0.0.1", port=port, enable_SMTPUTF8=utf8)
    controller.start()
    try:
        yield channel(f"smtp://127.0.0.1:{port}")
    finally:
        controller.stop()


def channel(url: str, sender: str = "tocsin@example.org") -> SmtpChannel:
    return SmtpChannel(Channel(name="mail", kind=ChannelKind.SMTP, url=url, sender=sender))


def test_a_mail_that_was_taken_says_what_the_relay_said() -> None:
    """The relay's number for it is how one finds it in the relay's log."""
    relay = Relay()
    with listening(relay) as mail:
        assert mail.send(PAGE, ADA) == "250 queued as 7"

    (envelope,) = relay.taken
    read = message_from_bytes(envelope.original_content, policy=policy.default)
    assert read["Message-ID"] == "<tocsin-delivery-1@tocsin.invalid>"
    assert read.get_content().strip() == "shop is down"
    assert b"\n" not in envelope.original_content.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "relay",
    [
        Relay(mail="451 4.3.0 later"),
        Relay(mail="550 5.1.0 sender unknown"),
        Relay(rcpt="450 4.2.0 greylisted"),
        Relay(rcpt="503 5.5.1 need MAIL"),
        Relay(data="452 4.3.1 disk full"),
        Relay(data="554 5.7.1 not this text"),
    ],
    ids=lambda relay: relay.mail or relay.rcpt or relay.data,
)
def test_a_relay_that_does_not_take_it_is_tried_again(relay: Relay) -> None:
    """Only a refusal of the recipient is about the recipient; the words of the others are told."""
    with listening(relay) as mail, pytest.raises(Unavailable) as caught:
        mail.send(PAGE, ADA)

    said = next(each for each in (relay.mail, relay.rcpt, relay.data) if each[:3] != "250")
    assert caught.value.code == "channel.smtp"
    assert said in caught.value.message or said[:3] in caught.value.message


@pytest.mark.parametrize("said", ["550 5.1.1 no such user", "553 5.1.3 bad mailbox"])
def test_a_recipient_that_is_refused_for_good_is_given_up(said: str) -> None:
    """No repeat will make that mailbox; the incident says whom nobody reached."""
    with listening(Relay(rcpt=said)) as mail, pytest.raises(Invalid) as caught:
        mail.send(PAGE, ADA)

    assert caught.value.code == "channel.recipient"
    assert said in caught.value.message


def test_a_connection_that_drops_before_the_answer_is_tried_again() -> None:
    """Whether the relay has it nobody knows: twice is better than never."""
    relay = Relay(drops=True)
    with listening(relay) as mail, pytest.raises(Unavailable):
        mail.send(PAGE, ADA)

    assert len(relay.taken) == 1


def test_a_relay_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other people wait for their page."""
    monkeypatch.setattr(smtp, "_TIMEOUT_S", 0.3)
    began = time.monotonic()
    with listening(Relay(hangs_s=1.0)) as mail:
        with pytest.raises(Unavailable) as caught:
            mail.send(PAGE, ADA)
        took = time.monotonic() - began

    assert took < 0.9
    assert "The mail relay did not take it" in caught.value.message


def test_an_address_beyond_ascii_goes_to_a_relay_that_takes_it() -> None:
    """People's names have letters of their own."""
    relay = Relay()
    with listening(relay) as mail:
        mail.send(PAGE, Person(name="jörg", email="jörg@example.org"))

    assert relay.taken[0].rcpt_tos == ["jörg@example.org"]


def test_an_address_beyond_ascii_is_a_sentence_where_the_relay_does_not() -> None:
    """Said as what it is, not as a failed conversion."""
    with listening(Relay(), utf8=False) as mail, pytest.raises(Invalid) as caught:
        mail.send(PAGE, Person(name="jörg", email="jörg@example.org"))

    assert "jörg@example.org" in caught.value.message
    assert "SMTPUTF8" in caught.value.hint


@pytest.mark.parametrize("email", ["", "a b@c", "a@b\r\nBcc: all@example.org", "<a@b>"])
def test_what_is_no_address_never_reaches_a_relay(email: str) -> None:
    """A line break in an address would write headers of its own."""
    with pytest.raises(Invalid) as caught:
        channel("smtp://127.0.0.1:9").send(PAGE, Person(name="ada", email=email))

    assert caught.value.code == "channel.recipient"


@pytest.mark.parametrize(
    "url", ["smtp://127.0.0.1:25x", "smtp://127.0.0.1:9", "smtp://[", "smtps://127.0.0.1:9"]
)
def test_a_relay_that_is_not_there_is_tried_again(url: str) -> None:
    """Somebody mends the address or starts the relay, and the page still goes out."""
    with pytest.raises(Unavailable) as caught:
        channel(url).send(PAGE, ADA)

    assert caught.value.code == "channel.smtp"


@pytest.mark.parametrize("sender", ["a\nb@example.org", ""])
def test_a_sender_that_is_none_is_tried_again(sender: str) -> None:
    """It is mended in tocsin.toml; until then it is said."""
    with pytest.raises(Unavailable):
        channel("smtp://127.0.0.1:9", sender).send(PAGE, ADA)


def test_no_character_of_an_alert_stops_its_page() -> None:
    """Alert text comes from anywhere; half a character is replaced."""
    relay = Relay()
    odd = Message(key="k", subject="a\nb \ud800", text="x \ud800\n.\n", link="", facts={})
    with listening(relay) as mail:
        mail.send(odd, ADA)

    read = message_from_bytes(relay.taken[0].original_content, policy=policy.default)
    assert read["Subject"] == "a b ?"
    assert read.get_content().split() == ["x", "?", "."]


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?=0d=0aBcc:_eve@evil.test?=",
        "a =?utf-8?b?DQpCY2M6IGV2ZUBldmlsLnRlc3Q=?= b",
        "a\r\nBcc: eve@evil.test",
    ],
)
def test_a_subject_adds_no_header(subject: str) -> None:
    """The title of an alert is anybody's; the standard library decodes what looks encoded."""
    relay = Relay()
    with listening(relay) as smtp_channel:
        smtp_channel.send(replace(PAGE, subject=subject), ADA)

    mail = message_from_bytes(relay.taken[0].content, policy=policy.default)
    assert "Bcc" not in mail
    assert "eve@evil.test" in mail["Subject"] or "?=" in mail["Subject"]
