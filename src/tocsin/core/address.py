"""Addresses of stores without the secrets in them.

An address is a URL or, for PostgreSQL, a list of `keyword=value`. Of its options only those
are kept that are known to hold no secret: a hash over the rest tells nobody a password,
however short it is.
"""

from __future__ import annotations

import re

_LOGIN = re.compile(r"://([^/\s]*)@")
_PAIR = re.compile(r"(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s\\']|\\.)(?:[^\s\\]|\\.)*)")
_OPEN = frozenset(
    {"dbname", "host", "hostaddr", "port", "user", "sslmode", "options", "service",
     "target_session_attrs"}
)  # fmt: skip


def without_password(address: str) -> str:
    """Return the address without its password and without what could be one."""
    if "://" not in address:
        return " ".join(f"{key}={value}" for key, value in _open_pairs(address))
    named = _LOGIN.sub(lambda match: f"://{match[1].partition(':')[0]}@", address, count=1)
    place, asked, options = named.partition("?")
    kept = (each for each in options.split("&") if each.partition("=")[0] in _OPEN)
    return place + asked + "&".join(kept)


def _open_pairs(dsn: str) -> list[tuple[str, str]]:
    return [(key, value) for key, value in _PAIR.findall(dsn) if key in _OPEN]
