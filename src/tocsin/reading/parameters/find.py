"""What a statement leaves open, by how people write it: `<pod>`, `YOUR_IP`, `i-xxx`, `[Team]`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.core.parameter import named

_FIRM = r"domain|server|host|app|company|project|db|user|namespace|bucket|site|ip|region"
_FORMS = re.compile(
    r"(?P<angle>(?<![<&\w-])<(?=[A-Za-z_])[A-Za-z0-9_.-]*(?: [A-Za-z0-9_.-]+){0,4}>(?![>&]))"
    r"|(?P<curly>\{\{ ?(?!end\b|else\b)\w[\w ]{0,60}\}\}"
    r"|(?<![\w{%$])\{(?!end\}|\s*print\b)[A-Za-z_][A-Za-z_ -]{1,60}\})"
    r"|(?P<square>(?<![\w\]*?$])\[[A-Z](?:[A-Za-z0-9_ -]{0,60}[A-Za-z0-9])?\](?![*?\[\w]))"
    r"|(?P<date>\bYYYY-?MM-?DD\b)|(?P<time>\bHH:MM(?::SS)?\b)"
    rf"|(?P<yours>\byour(?:[-_.][a-z][a-z0-9_-]*|(?:{_FIRM})\w*)(?:\.(?:com|org|net|io|dev))?\b)"
    r"|(?P<upper>\b(?:YOUR|MY|SOME|REPLACE)_[A-Z0-9_]+\b|\bCHANGE_?ME\b|\bREPLACE_?ME\b)"
    r"|(?P<kind>(?<![\w.])[A-Z]{2,}(?:_[A-Z]+)*_(?:ID|IP|NAME|HOST|PORT)\b)"
    r"|(?P<exes>\b(?P<thing>[a-z]{1,4})-x{3,}\b|\bX{3,}\b|\bx{4,}\b)"
)
_THINGS = {"i": "INSTANCE"}
_PATTERNS = {
    "YYYY-MM-DD": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "YYYYMMDD": "[0-9]{8}",
    "HH:MM": "[0-9]{2}:[0-9]{2}",
    "HH:MM:SS": "[0-9]{2}:[0-9]{2}:[0-9]{2}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One placeholder where it stands, in characters of the statement."""

    start: int
    end: int
    written: str
    name: str  # of the parameter
    pattern: str = ""  # where the way of writing it says what fits
    doubtful: bool = False  # names of variables and columns are written so too: DB_HOST

    @property
    def bracketed(self) -> bool:
        """Whether programs and patterns are written so too: `[ERROR]`, `{name}`."""
        return self.written[0] in "[{"


def placeholders(text: str) -> list[Place]:
    """Return the placeholders of a text in their order; none of them overlap."""
    return [_place(found) for found in _FORMS.finditer(text) if not _is_code(text, found)]


def _place(found: re.Match[str]) -> Place:
    return Place(
        start=found.start(),
        end=found.end(),
        written=found[0],
        name=_name(found),
        pattern=_PATTERNS.get(found[0], ""),
        doubtful=bool(found["kind"]),
    )


def _name(found: re.Match[str]) -> str:
    if found["date"]:
        return "DATE"
    if found["time"]:
        return "TIME"
    if found["thing"]:
        return f"{_THINGS.get(found['thing'], found['thing'].upper())}_ID"
    if found["yours"]:
        return named(re.sub(r"\.\w+$", "", re.sub(r"^your[-_.]?", "", found[0])))
    return named(found[0])


def _is_code(text: str, found: re.Match[str]) -> bool:
    """Whether it is the name of a variable, or set where it stands."""
    before, behind = text[: found.start()], text[found.end() :]
    if before.endswith(("$", "${")) and not found["angle"]:
        return True
    return bool(found["upper"] or found["kind"]) and behind.startswith(("=", "("))
