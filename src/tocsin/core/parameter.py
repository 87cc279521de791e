"""A parameter: what a runbook leaves open, and which values may take its place.

A value comes from outside: from a label, from somebody's keyboard. It never becomes the text of
a program; and so that nothing behind it reads it as more than one plain word (an option, a path
that climbs, a figure that is computed), each type says what fits, and nothing else is taken.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from tocsin.core.errors import Invalid

PREFIX = "TOCSIN_P_"
"""What the variables of parameters begin with; nothing else is called so."""

_LONGEST_NAME = 64  # characters
_LONGEST = {"path": 1024, "free text": 1000}  # characters; all others as long as a host name
_LONGEST_WORD = 253
_MOST_SHOWN = 40  # characters of a value that is refused


class ParameterType(StrEnum):
    """What kind of value fits. Stored, shown and configured under these very words."""

    HOST = "host"
    INTEGER = "integer"
    IDENTIFIER = "identifier"
    PATH = "path"
    DURATION = "duration"
    ONE_OF = "one of"
    FREE_TEXT = "free text"  # only ever given by a person


UNATTENDED = frozenset(
    {
        ParameterType.INTEGER,
        ParameterType.IDENTIFIER,
        ParameterType.DURATION,
        ParameterType.ONE_OF,
    }
)
"""Types whose value may come from a label without anybody looking at it."""

PATTERNS = {
    ParameterType.HOST: r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?::[1-9][0-9]{0,4})?",
    ParameterType.INTEGER: r"0|[1-9][0-9]{0,17}",
    ParameterType.IDENTIFIER: r"[A-Za-z0-9_][A-Za-z0-9._-]*",
    ParameterType.PATH: r"/?[A-Za-z0-9._][A-Za-z0-9._@+/-]*|/",
    ParameterType.DURATION: r"(?:[0-9]{1,9}(?:ms|s|m|h|d|w|y)){1,4}",
}
_ALLOWED = {
    ParameterType.HOST: "a host name or an address, with a port or without",
    ParameterType.INTEGER: "digits",
    ParameterType.IDENTIFIER: "letters, digits, '.', '_' and '-', not beginning with '-' or '.'",
    ParameterType.PATH: "letters, digits and '._@+/-', no '..'",
    ParameterType.DURATION: "figures with units, as 90s, 5m or 1h30m",
    ParameterType.FREE_TEXT: "one line of text that does not begin with '-'",
}
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # controls, bidi, halves of pairs


class ValueSource(StrEnum):
    """Where a value comes from."""

    NOWHERE = ""
    LABEL = "label"
    SETTINGS = "settings"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One thing a statement leaves open, and what stands there now."""

    name: str  # in capitals, as a variable is called: CONTAINER_NAME
    type: ParameterType
    placeholder: str  # as written: <container_name>
    pattern: str = ""  # instead of the type's own, where the team says so
    choices: tuple[str, ...] = ()  # of `one of`
    value: str | None = None  # None: nobody has said
    source: ValueSource = ValueSource.NOWHERE
    origin: str = ""  # which label, which setting, who

    @property
    def variable(self) -> str:
        """The environment variable in which a step finds the value."""
        return PREFIX + self.name

    @property
    def bound(self) -> bool:
        """Whether there is a value that may be used without asking again."""
        if self.value is None:
            return False
        return self.source is not ValueSource.LABEL or self.type in UNATTENDED

    @property
    def allowed(self) -> str:
        """What fits, for a person."""
        if self.type is ParameterType.ONE_OF:
            return ", ".join(self.choices)
        return f"what matches {self.pattern}" if self.pattern else _ALLOWED[self.type]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSetting:
    """What a team says in tocsin.toml about a parameter of some name."""

    name: str
    type: ParameterType | None = None  # None: guessed, as without it
    pattern: str = ""
    choices: tuple[str, ...] = ()
    default: str = ""
    label: str = ""  # the label of the alert that has the value


def folded(name: str) -> str:
    """Return a name without what people write differently: case, dashes, `your`, `_name`."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return re.sub(r"^your(?=.)|(?<=.)name$", "", plain)


def named(placeholder: str) -> str:
    """Return the name of a parameter from its placeholder as written; empty where it has none."""
    words = re.sub(r"[^A-Za-z0-9]+", "_", placeholder).strip("_").upper()
    words = re.sub(r"^(?:YOUR|MY|SOME|REPLACE)_?(?=[A-Z])", "", words)
    return re.sub(r"^(?=[0-9])", "_", words)[:_LONGEST_NAME]


def check_value(parameter: Parameter, value: str) -> str:
    """Return the value if it fits the parameter.

    Raises:
        Invalid("parameter.value"): It does not; the message names parameter, type and what fits.
    """
    if not fits(parameter, value):
        shown = ascii(value)[1:-1]
        shown = shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}…"
        raise Invalid(
            "parameter.value",
            f"{parameter.name} cannot be {shown!r}: it is of type {parameter.type}.",
            hint=f"It takes {parameter.allowed}.",
        )
    return value


def fits(parameter: Parameter, value: str) -> bool:
    """Return whether the value could take the parameter's place."""
    if not value or value.startswith("-") or len(value) > _longest(parameter.type):
        return False
    if any(unicodedata.category(each) in _UNSEEN for each in value):
        return False
    if parameter.type is ParameterType.ONE_OF:
        return value in parameter.choices
    if parameter.type is not ParameterType.FREE_TEXT and ".." in value:
        return False
    if parameter.pattern:
        return re.fullmatch(parameter.pattern, value) is not None
    return _fits_type(parameter.type, value)


def _fits_type(kind: ParameterType, value: str) -> bool:
    if kind is ParameterType.FREE_TEXT:
        return bool(value.strip())
    if re.fullmatch(PATTERNS[kind], value, re.ASCII):
        return True
    return kind is ParameterType.HOST and _is_ipv6(value)


def _is_ipv6(value: str) -> bool:
    try:
        ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return "%" not in value


def _longest(kind: ParameterType) -> int:
    return _LONGEST.get(kind, _LONGEST_WORD)
