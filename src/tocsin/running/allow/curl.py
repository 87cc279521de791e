"""curl as an argument list: which calls are a plain GET or HEAD, and of what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from tocsin.running.allow.harm import WORKS

_ALONE = frozenset("sSfIkLivG46") - frozenset("G")
_LONG_ALONE = frozenset(
    {"--silent", "--show-error", "--fail", "--head", "--insecure", "--location", "--include",
     "--compressed", "--ipv4", "--ipv6", "--fail-with-body", "--verbose", "--no-progress-meter"}
)  # fmt: skip
_VALUED = {"m": "--max-time", "H": "--header", "A": "--user-agent", "w": "--write-out",
           "o": "--output", "X": "--request"}  # fmt: skip
_LONG_VALUED = frozenset({*_VALUED.values(), "--connect-timeout", "--retry", "--url"})
_WORKS_INSIDE = re.compile(
    r"delete|remove|destroy|restart|reboot|shutdown|reload|purge|disable|trigger|_method|mutation",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"secret|token|passw|credential|api[-_]?key|heapdump|configprops|/kv/|\.git/|\.env|/env(/|$|\?)"
    r"|private|/debug/|threaddump|/containers/",
    re.IGNORECASE,
)
_HOST = r"(?!(ftps?|smtps?|ldaps?|dict|imaps?|pop3s?)\.|-)("
_HOST += r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+|[\w.{}$-]*\$[\w.{}$-]*)"
_PLAIN = re.compile(rf"(https?://)?{_HOST}(:\d+|:\$\w+|:\$\{{\w+\}})?([/?#].*)?", re.IGNORECASE)
_INSIDE = re.compile(
    r"^(169\.254\.|100\.100\.100\.200|192\.0\.0\.192|metadata(\.|$)|instance-data|.*::|fd00:"
    r"|(?!\d{1,3}(\.\d{1,3}){3}$)[\d.x]+$|0x|(.*\.)?0\d)",
    re.IGNORECASE,
)
_METHOD = re.compile(r"GET|HEAD")


@dataclass(slots=True)
class Call:
    """What one curl command asks for. `refused` is the reason why it is no plain read."""

    urls: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    method: str = "GET"
    fail: bool = False
    bounded: bool = False  # it has a time limit
    discards: bool = False
    shapes: bool = False  # options that shape the output: only curl itself can do that
    refused: str = ""
    deletes: bool = False


def call_of(words: list[str]) -> Call:
    """Return what `curl` with these arguments asks for."""
    call = Call()
    waiting = list(words)
    while waiting and not call.refused:
        word = waiting.pop(0)
        if word.startswith("--"):
            _long(call, word, waiting)
        elif word.startswith("-") and len(word) > 1:
            _short(call, word, waiting)
        else:
            call.urls.append(word)
    call.deletes = "DELETE" in words or "-XDELETE" in words or "--request=DELETE" in words
    if not call.refused:
        call.refused = _objection(call)
    return call


def _long(call: Call, word: str, waiting: list[str]) -> None:
    name, equals, value = word.partition("=")
    if word in _LONG_ALONE:
        _flag(call, word)
    elif name in _LONG_VALUED and (equals or waiting):
        _valued(call, name, value if equals else waiting.pop(0))
    else:
        call.refused = f"curl's option {name} is not on the list"


def _short(call: Call, word: str, waiting: list[str]) -> None:
    for at, letter in enumerate(word[1:], start=1):
        if letter in _VALUED:
            value = word[at + 1 :] or (waiting.pop(0) if waiting else "")
            _valued(call, _VALUED[letter], value)
            return
        if letter not in _ALONE:
            call.refused = f"curl's option -{letter} is not on the list"
            return
        _flag(call, f"-{letter}")


def _flag(call: Call, name: str) -> None:
    if name in ("-I", "--head"):
        call.method = "HEAD"
    elif name in ("-f", "--fail", "--fail-with-body"):
        call.fail = True
    elif name in ("-v", "--verbose", "-i", "--include", "-L", "--location", "-k", "--insecure"):
        call.shapes = True


def _valued(call: Call, name: str, value: str) -> None:
    if name == "--header":
        _header(call, value)
    elif name == "--max-time":
        call.bounded = bool(re.fullmatch(r"\d{1,2}(\.\d+)?", value))
    elif name == "--output":
        call.discards = True
        call.refused = "" if value == "/dev/null" else "curl would write a file"
    elif name == "--request":
        call.method = value
        call.refused = "" if _METHOD.fullmatch(value) else f"curl would send {value}"
    elif name == "--write-out":
        call.shapes = True
        call.refused = "curl's -w may write files" if re.search(r"[$]|output", value) else ""
        call.refused = "curl's -w is in a file" if value.startswith("@") else call.refused
    elif name == "--url":
        call.urls.append(value)
    elif name == "--user-agent":
        call.headers.append(("User-Agent", value))


def _header(call: Call, value: str) -> None:
    name, colon, rest = value.partition(":")
    if value.startswith("@") or not colon or re.search(r"[\r\n]", value):
        call.refused = "this header cannot be read"
    elif "method-override" in name.lower() or "http-method" in name.lower():
        call.refused = "a header asks for another method"
    else:
        call.headers.append((name.strip(), rest.strip()))


def _objection(call: Call) -> str:
    if not call.urls:
        return "curl is given no address"
    return next((why for url in call.urls if (why := _address(url))), "")


def _address(url: str) -> str:
    full = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(full)
        host = parts.hostname or ""
    except ValueError:
        return "the address cannot be read"
    if not host or not _PLAIN.fullmatch(url):
        return "the address is not one plain web address"
    if parts.scheme.lower() not in ("http", "https") or re.search(r"[\s{}\[\]\\]", url):
        return "the address is not one plain web address"
    if _INSIDE.match(host) or "@" in parts.netloc:
        return "the address is one that hands out credentials, or holds them"
    asked = unquote(f"{parts.path}?{parts.query}")
    if _TELLS.search(asked):
        return "the address sounds as if it hands out secrets"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", asked)
    if WORKS.search(words) or _WORKS_INSIDE.search(asked) or "%" in asked:
        return "the address sounds as if asking it does something"
    return ""
