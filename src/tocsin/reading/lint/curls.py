"""What a `curl` asks for: address, headers, body."""

from __future__ import annotations

import re

from tocsin.reading.lint.calls import Call

_ADDRESS = re.compile(r"^(https?://|[\w.-]+\.[a-z]{2,}(/|$)|localhost|\d+\.\d+\.\d+\.\d+)")
_BODY = ("-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json")


def address(call: Call) -> str:
    """Return the URL, or an empty string where it is not written out."""
    named = call.values("--url")
    return next((word for word in (*named, *call.operands()) if _ADDRESS.match(word)), "")


def body(call: Call) -> str:
    """Return what is sent, or an empty string."""
    return next(iter(call.values(*_BODY)), "")


def headers(call: Call) -> tuple[str, ...]:
    """Return the headers as they are written."""
    return call.values("-H", "--header")


def authorized(call: Call) -> bool:
    """Whether the request shows any sort of credential."""
    said = " ".join((*headers(call), address(call))).lower()
    key = re.search(r"authorization|api[-_]?key|token|cookie|auth", said)
    return bool(key) or call.option("-u", "--user", "-n", "--netrc", "--oauth2-bearer", "-E", "-b")
