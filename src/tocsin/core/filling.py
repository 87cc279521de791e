"""How a value takes its place in a query or a request: escaped, so that it stays a value.

The text is what was approved; it names the value as `${TOCSIN_P_POD}`, and only what runs the
text puts it there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tocsin.core.parameter import PREFIX

_OURS = re.compile(rf"\$\{{{PREFIX}(\w+)\}}")
_BOUND = re.compile(rf"(?<![:\w]):({PREFIX}\w+)")
_LITERAL = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_MATCHES_PATTERN = re.compile(r"[=!]~\s*$")
_SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")
_AUTHORITY = re.compile(r"[A-Za-z0-9._:\[\]-]+")
_CLIMBS = frozenset({".", ".."})
_FIGURE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f]")


class Unfit(ValueError):
    """A value cannot stand where it should."""


def filled_promql(text: str, values: Mapping[str, str]) -> str:
    """Return the query with the values in its string literals.

    In a matcher by pattern (`=~`) the value is matched as it stands.

    Args:
        text: With `${TOCSIN_P_NAME}` in string literals.
        values: By the name of the parameter.

    Raises:
        Unfit: One has no value.
    """

    def literal(found: re.Match[str]) -> str:
        by_pattern = bool(_MATCHES_PATTERN.search(text[: found.start()]))
        sign = found[0][0]
        return _OURS.sub(
            lambda each: _in_literal(_value(values, each[1]), sign, by_pattern), found[0]
        )

    filled = _LITERAL.sub(literal, text)
    if left := _OURS.search(_LITERAL.sub("", text)):
        raise Unfit(f"{left[0]} stands outside of quotes.")
    return filled


def _in_literal(value: str, sign: str, by_pattern: bool) -> str:
    if by_pattern:
        value = _SPECIAL.sub(r"\\\1", value)
    value = value.replace("\\", "\\\\").replace(sign, f"\\{sign}")
    return _UNSEEN.sub(lambda each: f"\\x{ord(each[0]):02x}", value)


def filled_url(text: str, values: Mapping[str, str]) -> str:
    """Return the address with the values in it: percent-encoded, each within its own segment.

    Raises:
        Unfit: One has no value, would choose the scheme, is no host where a host stands, or
            climbs in the path.
    """
    scheme = text.find("://") + 3
    ends = re.search(r"[/?#]", text[scheme:])
    path = scheme + ends.start() if ends else len(text)
    if _OURS.search(text[:scheme]):
        raise Unfit("A value cannot choose how a request is sent.")
    host = _OURS.sub(lambda each: _host(_value(values, each[1])), text[scheme:path])
    rest = _OURS.sub(lambda each: _encoded(_value(values, each[1])), text[path:])
    if _climbs(rest) and not _climbs(text[path:]):
        raise Unfit("A value cannot climb in the path of an address.")
    return text[:scheme] + host + rest


def _encoded(value: str) -> str:
    raw = value.encode(errors="replace")
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in raw)


def _host(value: str) -> str:
    if not _AUTHORITY.fullmatch(value):
        raise Unfit(f"{value!a} is no host.")
    return value


def _climbs(path: str) -> bool:
    return bool(_CLIMBS & set(re.split(r"[/?#]", path)))


def filled_header(text: str, values: Mapping[str, str]) -> str:
    """Return the header with the values in it.

    Raises:
        Unfit: One has no value, or would end the header.
    """
    filled = _OURS.sub(lambda each: _value(values, each[1]), text)
    if _UNSEEN.search(filled):
        raise Unfit("A value cannot end a header.")
    return filled


def _value(values: Mapping[str, str], name: str) -> str:
    if name not in values:
        raise Unfit(f"{name} has no value.")
    return values[name]


def as_pyformat(text: str) -> str:
    """Return SQL with `:TOCSIN_P_NAME` as drivers take it: `%(TOCSIN_P_NAME)s`."""
    return _BOUND.sub(r"%(\1)s", text.replace("%", "%%"))


def with_stand_ins(text: str) -> str:
    """Return SQL as it would read with values in it, for whoever judges it."""
    return _BOUND.sub("'0'", text)


def in_environment(parameters: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the variables in which a step finds its values."""
    return {PREFIX + name: value for name, value in parameters}


def with_figures(parameters: Iterable[tuple[str, str]]) -> dict[str, str | int]:
    """Return the same for a database that has to be told that a figure is one."""
    return {
        name: int(value) if _FIGURE.fullmatch(value) else value
        for name, value in in_environment(parameters).items()
    }
