"""Pages by webhook, signed so that the receiver can tell they are ours and new.

The signature is HMAC-SHA256 over `id.timestamp.body`, as Standard Webhooks has it; the id is
the delivery's key and the same for every attempt.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import time
from functools import cached_property

import httpx2

from tocsin.core.errors import Invalid, Unavailable
from tocsin.core.workspace import Channel, Person
from tocsin.ports.channels import Message

_TIMEOUT_S = 10.0
_RETRIED = frozenset({408, 425, 429})


class WebhookChannel:
    """Posts a page as JSON to the person's address, or to the channel's."""

    def __init__(self, channel: Channel, *, signing_key: str = "") -> None:
        self._channel = channel
        self._signing_key = signing_key.encode()

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Whom we trust. Reading the certificates takes ten times as long as a page."""
        return httpx2.create_ssl_context()

    def send(self, message: Message, person: Person) -> str:
        """Post the page; return the status the receiver answered.

        Raises:
            Unavailable("channel.webhook"): No answer, a 5xx, or "not now": try again.
            Invalid("channel.webhook_refused"): Another 4xx: it will never be taken.
        """
        url = person.webhook or self._channel.url
        if not url:
            raise Invalid("channel.recipient", f"{person.name} has no webhook address.")
        body = _body(message)
        try:
            answer = httpx2.post(
                url,
                content=body,
                headers=self._headers(message, body),
                timeout=_TIMEOUT_S,
                verify=self._trust,
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise Unavailable("channel.webhook", f"No answer: {error!r}"[:300]) from error
        if answer.is_success:
            return f"HTTP {answer.status_code}"
        if answer.status_code >= 500 or answer.status_code in _RETRIED:
            raise Unavailable("channel.webhook", f"It answered HTTP {answer.status_code}.")
        raise Invalid("channel.webhook_refused", f"It answered HTTP {answer.status_code}.")

    def _headers(self, message: Message, body: bytes) -> dict[str, str]:
        at = str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "user-agent": "tocsin",
            "webhook-id": message.key,
            "webhook-timestamp": at,
        }
        if self._signing_key:
            signed = b".".join((message.key.encode(), at.encode(), body))
            digest = hmac.new(self._signing_key, signed, hashlib.sha256).digest()
            headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
        return headers


def _body(message: Message) -> bytes:
    page = {
        "key": message.key,
        "subject": message.subject,
        "text": message.text,
        "link": message.link,
        **message.facts,
    }
    return json.dumps(page).encode()
