"""The link in a page: signed, expiring, for one person, and harmless to open.

Mail scanners open links. So a link only shows the page; acknowledging takes the button on it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tocsin.core.errors import Conflict, Invalid
from tocsin.core.ids import PageId

LIFETIME = timedelta(hours=24)
_HINT = "Log in to the console instead."


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link says: this page, this person."""

    page_id: PageId
    person: str


def write(secret_key: bytes, link: Link, *, now: datetime) -> str:
    """Return a token for a URL: good for `LIFETIME`, forgeable only with the key."""
    expires = int((now + LIFETIME).timestamp())
    content = f"{link.page_id}.{expires}.{link.person}".encode()
    return f"{_armoured(content)}.{_armoured(_signature(secret_key, content))}"


def read(secret_key: bytes, token: str, *, now: datetime) -> Link:
    """Return what a token says.

    Raises:
        Invalid("link.forged"): We did not write this.
        Conflict("link.expired"): We did, but too long ago.
    """
    content = _checked(secret_key, token)
    page_id, expires, person = content.decode().split(".", 2)
    if now >= datetime.fromtimestamp(int(expires), UTC):
        raise Conflict("link.expired", "This link has expired.", hint=_HINT)
    return Link(page_id=PageId(int(page_id)), person=person)


def _checked(secret_key: bytes, token: str) -> bytes:
    head, _, tail = token.partition(".")
    try:
        content, signature = _bare(head), _bare(tail)
    except (ValueError, binascii.Error):
        content, signature = b"", b""
    if not content or not hmac.compare_digest(signature, _signature(secret_key, content)):
        raise Invalid("link.forged", "This link is not one of ours.", hint=_HINT)
    return content


def _signature(secret_key: bytes, content: bytes) -> bytes:
    return hmac.new(secret_key, b"page-link:" + content, hashlib.sha256).digest()


def _armoured(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bare(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
