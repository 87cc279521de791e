"""The commands that are known: ours, from the data files of their families, and a team's own.

A command's entries are taken out of the files when it is first met: all of them cost more
than a command line may take to start.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tocsin.core.tool import Tool
from tocsin.running.allow.entries import tool_of

Name = tuple[str, ...]

_FAMILIES = Path(__file__).parents[1] / "catalogue"
_HEADER = "[[command]]\n"
_NAME = re.compile(r'name = "(\S+?)[" ]')


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The commands known, ours and those that a team adds in its workspace."""

    own: tuple[Tool, ...] = ()

    def of(self, program: str) -> Mapping[Name, Tool]:
        """Return the tools of one program under their names; a team's own stands before ours."""
        own = {tool.name: tool for tool in self.own if tool.name[0] == program}
        return {**ours(program), **own} if own else ours(program)

    def subcommands(self, program: str) -> frozenset[str]:
        """Return the words that may follow a program to choose what it does."""
        seconds = {name[1] for name in self.of(program) if len(name) > 1}
        return frozenset(word for word in seconds if not word.startswith("-"))


OURS = Catalogue()


@cache
def ours(program: str) -> Mapping[Name, Tool]:
    """Return the tools that come with the product for one program, none where it is unknown."""
    found = {}
    for family in families().values():
        if entries := family.entries.get(program):
            table = tomllib.loads(family.head + "".join(entries))
            tools = (tool_of(entry, table.get("shared", {})) for entry in table["command"])
            found.update({tool.name: tool for tool in tools})
    return found


@dataclass(frozen=True, slots=True)
class _Family:
    """One data file: what stands before its entries, and their texts under their programs."""

    text: str
    head: str
    entries: Mapping[str, tuple[str, ...]]


@cache
def families() -> Mapping[str, _Family]:
    """Return our data files under their names, taken apart but not read yet."""
    return {path.stem: _family(path.read_text("utf-8")) for path in sorted(_files())}


def _files() -> Iterator[Path]:
    return _FAMILIES.glob("*.toml")


def _family(text: str) -> _Family:
    head, *rest = text.split(_HEADER)
    entries: dict[str, list[str]] = {}
    for entry in rest:
        named = _NAME.match(entry)
        entries.setdefault(named[1] if named else "", []).append(_HEADER + entry)
    return _Family(text, head, {program: tuple(texts) for program, texts in entries.items()})


@cache
def version() -> str:
    """Return the SHA-256 of all our data files: which catalogue a verdict is from."""
    texts = "".join(f"{name}\n{family.text}\n" for name, family in families().items())
    return hashlib.sha256(texts.encode()).hexdigest()


def checked() -> str:
    """Return the version whose examples were all judged as they say; a test holds us to it."""
    return (_FAMILIES / "checked.txt").read_text("utf-8").strip()


def programs() -> Iterator[str]:
    """Yield the name of every program that comes with the product."""
    for family in families().values():
        yield from family.entries


def named(key: Name) -> Name:
    """Return the words under which a command is looked up."""
    if key[0] == "podman":
        return ("docker", *key[1:])
    if key[0] == "oc":
        return ("kubectl", *key[1:])
    if key[0].startswith("kafka-"):
        return (key[0].removesuffix(".sh"), *key[1:])
    if key[0] == "redis-cli":
        return tuple(part.lower() for part in key)
    return ("docker", "compose", *key[1:]) if key[0] == "docker-compose" else key
