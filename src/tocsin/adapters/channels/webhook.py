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
_FINAL = frozenset({400, 410, 422})
"""What says that this page is not wanted. Wrong tokens and addresses are mended while we try."""


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
            Unavailable("channel.webhook"): No answer, or one that may change: try again.
            Invalid("channel.webhook_refused"): 400, 410 or 422: it will never be taken.
        """
        url = person.webhook or self._channel.url
        if not url:
            raise Invalid("channel.recipient", f"{person.name} has no webhook address.")
        body = _body(message)
        try:
            status = self._post(url, body, self._headers(message, body))
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            raise Unavailable("channel.webhook", f"No answer: {error!r}"[:300]) from error
        if 200 <= status < 300:
            return f"HTTP {status}"
        if status in _FINAL:
            raise Invalid("channel.webhook_refused", f"It answered HTTP {status}.")
        raise Unavailable("channel.webhook", f"It answered HTTP {status}.")

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """Return the status. What else is answered is not read: it may have no end."""
        with httpx2.stream(
            "POST", url, content=body, headers=headers, timeout=_TIMEOUT_S, verify=self._trust
        ) as answer:
            return answer.status_code

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
