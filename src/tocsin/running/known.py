"""The one place that knows every secret value this process has seen, so that none gets out.

A value stays known as long as the process lives: what was a secret yesterday still opens
yesterday's backup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from tocsin.core.workspace import Workspace
from tocsin.running.redact import mask, redact

_DSN_PASSWORD = re.compile(r"\bpassword\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S+))")
_SPEAKING = re.compile(r"token|secret|passw|key|sig", re.IGNORECASE)
_LONGEST_NAME = 20  # characters of a part of an address that is no secret by its length

Held = TypeVar("Held")


class Known:
    """Values that nobody may see, in any of the forms that `redact` knows."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._lock = Lock()
        self._values = frozenset(values)

    def add(self, *values: str) -> None:
        """Know these, too."""
        with self._lock:
            self._values |= frozenset(values)

    def values(self) -> frozenset[str]:
        """Return all values known by now."""
        return self._values

    def redact(self, text: str) -> str:
        """Return text without them, without what looks like a secret, and made visible."""
        return redact(text, self._values)

    def mask(self, held: Held) -> Held:
        """Return a text, or what is made of texts, without the known values; else unaltered."""
        if isinstance(held, str):
            return mask(held, self._values)  # type: ignore[return-value]
        if isinstance(held, Mapping):
            return {name: self.mask(each) for name, each in held.items()}  # type: ignore[return-value]
        if isinstance(held, Sequence) and not isinstance(held, bytes):
            return [self.mask(each) for each in held]  # type: ignore[return-value]
        return held


def passwords_in(workspace: Workspace) -> Iterator[str]:
    """Yield what is secret in the addresses that tocsin.toml holds itself."""
    for address in _addresses(workspace):
        yield from _of_dsn(address) if "://" not in address else _of_url(address)
    for person in workspace.people:
        yield from _of_webhook(person.webhook)
    for channel in workspace.channels:
        yield from _of_webhook(channel.url)


def _addresses(workspace: Workspace) -> Iterator[str]:
    yield workspace.database
    for target in workspace.targets:
        yield from (target.url, target.change_url)
    for check in workspace.checks:
        yield from (each for each in check.options.values() if isinstance(each, str))
    for channel in workspace.channels:
        yield channel.url
    for person in workspace.people:
        yield person.webhook


def _of_dsn(text: str) -> Iterator[str]:
    for quoted, plain in _DSN_PASSWORD.findall(text):
        yield re.sub(r"\\(.)", r"\1", quoted) or plain


def _of_url(text: str) -> Iterator[str]:
    try:
        parts = urlsplit(text)
        password = parts.password
    except ValueError:
        return
    if password:
        yield from (password, unquote(password))
    for name, value in parse_qsl(parts.query):
        if _SPEAKING.search(name):
            yield value


def _of_webhook(url: str) -> Iterator[str]:
    """Yield the parts of a webhook's path that are there because nobody could guess them."""
    try:
        parts = urlsplit(url).path.split("/") if url.startswith("http") else []
    except ValueError:
        return
    yield from (part for part in parts if len(part) >= _LONGEST_NAME)
