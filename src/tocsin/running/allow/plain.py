"""Shell statements that need no shell: one program, and every word of it written out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from urllib.parse import urlsplit

from tocsin.reading.argv import words_of
from tocsin.reading.shell import parse, survives

_PORT = "6379"
_CONNECTING = {"-h": "host", "-p": "port", "-n": "database"}
_SHAPING = frozenset({"--raw", "--no-raw", "--no-auth-warning"})


def plain_words(text: str) -> list[str] | None:
    """Return the words of a statement that is one command, taken literally; None for any other."""
    root = parse(text)
    if root.has_error or [child.type for child in root.children] != ["command"]:
        return None
    words = words_of(root.children[0])
    literal = not any(word.doubts or word.variables or word.globbed for word in words)
    literal = literal and "$" not in text  # what the shell would leave, the executor would fill in
    if not literal or not survives(text) or text != text.strip():
        return None
    if any(child.type == "variable_assignment" for child in root.children[0].named_children):
        return None
    return [word.text for word in words]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisCall:
    """One command for a Redis, and which Redis was meant where that was said."""

    words: tuple[str, ...]
    host: str = ""
    port: str = ""
    database: str = ""

    def is_for(self, url: str) -> bool:
        """Whether what lies at this address is what was meant."""
        address = urlsplit(url)
        port, database = str(address.port or _PORT), address.path.strip("/") or "0"
        return (
            (self.host or address.hostname) == address.hostname
            and (self.port or port) == port
            and (self.database or database) == database
        )

    def as_text(self) -> str:
        """Return the command as the executor takes it: words, quoted as in a shell."""
        return shlex.join(self.words)


def plain_redis(text: str) -> RedisCall | None:
    """Return the command of a `redis-cli` that does nothing but send it, or None."""
    words = plain_words(text)
    if not words or words[0] != "redis-cli":
        return None
    meant, rest = {}, words[1:]
    while rest and rest[0].startswith("-"):
        option, *rest = rest
        if option in _CONNECTING and rest:
            meant[_CONNECTING[option]], *rest = rest
        elif option not in _SHAPING:
            return None
    return RedisCall(words=tuple(rest), **meant) if rest else None
