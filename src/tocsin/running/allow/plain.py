"""Shell statements that need no shell: one program, and every word of it written out."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from urllib.parse import urlsplit

from tocsin.reading.argv import words_of
from tocsin.reading.shell import parse, survives

_METHOD = re.compile(r"GET|HEAD|POST|PUT|PATCH|DELETE")
_HEADER = re.compile(r"[A-Za-z0-9-]+: ?[\x20-\x7e]+")
_SENT = frozenset({"-d", "--data", "--data-raw", "--data-binary", "--json"})
_TAKING = frozenset({"-X", "--request", "-H", "--header", "-m", "--max-time", *_SENT})
_QUIET = re.compile(r"-[sSf]+|--silent|--show-error|--fail")
_FORM = "Content-Type: application/x-www-form-urlencoded"
_JSON = ("Content-Type: application/json", "Accept: application/json")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """One request, of any method."""

    method: str
    url: str
    headers: tuple[str, ...] = ()
    content: str = ""

    def is_for(self, base: str) -> bool:
        """Whether its address lies below this one."""
        asked, ours = urlsplit(self.url), urlsplit(base)
        same = (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc.rpartition("@")[2])
        return same and f"{asked.path}/".startswith(f"{ours.path.rstrip('/')}/")

    def as_text(self) -> str:
        """Return the request as the executor takes it."""
        head = "\n".join([f"{self.method} {self.url}", *self.headers])
        return f"{head}\n\n{self.content}" if self.content else head


def plain_request(text: str) -> HttpCall | None:
    """Return the request of a `curl` that does nothing but send it, or None."""
    words = plain_words(text)
    if not words or words[0] != "curl":
        return None
    options, urls = _options(words[1:])
    if options is None or len(urls) != 1 or not re.fullmatch(r"https?://[\x21-\x7e]+", urls[0]):
        return None
    sent = [(name, value) for name, value in options if name in _SENT]
    headers = [value for name, value in options if name in ("-H", "--header")]
    methods = [value for name, value in options if name in ("-X", "--request")]
    method = (methods or ["POST" if sent else "GET"])[-1]
    plain = all(map(_HEADER.fullmatch, headers)) and len(sent) <= 1 and len(methods) <= 1
    if not plain or not _METHOD.fullmatch(method) or any(value[:1] == "@" for _, value in sent):
        return None
    content = sent[0][1] if sent else ""
    headers += _implied(headers, sent[0][0]) if sent else []
    return HttpCall(method=method, url=urls[0], headers=tuple(headers), content=content)


def _options(words: list[str]) -> tuple[list[tuple[str, str]] | None, list[str]]:
    """Return the options with their values, None where one is not known, and the addresses."""
    found, urls, waiting = [], [], list(words)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("-"):
            urls.append(word)
        elif word in _TAKING and waiting:
            found.append((word, waiting.pop(0)))
        elif word[:2] == "-X" and len(word) > 2:
            found.append(("-X", word[2:]))
        elif not _QUIET.fullmatch(word):
            return None, urls
    return found, urls


def _implied(headers: list[str], option: str) -> list[str]:
    """Return the headers that curl adds to what is sent, where nobody wrote them."""
    written = {header.partition(":")[0].lower() for header in headers}
    added = _JSON if option == "--json" else (_FORM,)
    return [each for each in added if each.partition(":")[0].lower() not in written]
