"""A verdict on a shell text, word by word: which part of it decides what.

What a word of a command decides is found by putting another in its place, or leaving it
out: the reasons that are gone then are its own. So this follows the judge, whatever the
judge learns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from tree_sitter import Node

from tocsin.core.risk import Verdict
from tocsin.core.tool import Tool
from tocsin.reading.argv import Word, words_of
from tocsin.reading.shell import parse
from tocsin.running.allow.catalogue import Catalogue
from tocsin.running.allow.judged import Judged, Place, Reason
from tocsin.running.allow.programs import WRAPPERS, judge_words, wrapped
from tocsin.running.allow.shell import judge_shell, weigh

_MOST_WORDS = 60  # of one command; with more of them its program is said to decide
_LONGEST = 20_000  # characters; nothing longer is judged
_REDIRECTS = ("file_redirect", "herestring_redirect", "heredoc_redirect")


class Role(StrEnum):
    """What a part of a shell text is to the shell, or to the program it is handed to."""

    WRAPPER = "wrapper"  # runs the program behind it: `sudo`, `timeout 5`
    PROGRAM = "program"
    SUBCOMMAND = "sub-command"
    OPTION = "option"
    OPERAND = "operand"  # or the value of an option
    SETTING = "setting"  # `NAME=value`
    REDIRECTION = "redirection"
    SHELL = "shell"  # the shell's own: `&`, a loop, a test


@dataclass(slots=True, kw_only=True)
class Part:
    """One part as written, and what it decides: nothing where `reasons` are empty."""

    text: str
    role: Role
    place: Place
    reasons: list[Reason] = field(default_factory=list)


def explain(
    text: str, *, bound: frozenset[str] = frozenset(), own: tuple[Tool, ...] = ()
) -> list[Part]:
    """Return the parts of a shell text in order; none where it does not parse.

    Args:
        text: One statement, or several.
        bound: Names of environment variables that will have a value.
        own: Commands that the team has added to the catalogue.
    """
    raw = text.encode(errors="replace")
    root = parse(raw.decode()) if len(text) <= _LONGEST else None
    if root is None or root.has_error:
        return []
    nodes = list(_nodes(root))
    catalogue = Catalogue(own)
    parts = {part.place: part for node in nodes for part in _parts(node, raw, catalogue)}
    commands = {(node.start_byte, node.end_byte): node for node in nodes if node.type == "command"}
    by_place: dict[Place, list[Reason]] = {}
    for reason in weigh(raw.decode(), root, bound, catalogue).reasons:
        by_place.setdefault(reason.place, []).append(reason)
    for place, reasons in by_place.items():
        words = words_of(commands[place]) if place in commands else []
        for reason, part in _deciding(reasons, words, list(parts), catalogue):
            _note(reason, part, parts, raw)
    return sorted(parts.values(), key=lambda part: part.place)


def _note(reason: Reason, place: Place, parts: dict[Place, Part], raw: bytes) -> None:
    """Add a reason to the part at a place; what the shell's own parts share is said once."""
    if place not in parts:
        said = (
            one.why for part in parts.values() if part.role is Role.SHELL for one in part.reasons
        )
        if reason.why in said:
            return
        parts[place] = _part(raw, place, Role.SHELL)
    if reason.why not in [one.why for one in parts[place].reasons]:
        parts[place].reasons.append(reason)


def _nodes(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.named_children


def _part(raw: bytes, place: Place, role: Role) -> Part:
    return Part(text=raw[place[0] : place[1]].decode(errors="replace"), role=role, place=place)


# what the parts are


def _parts(node: Node, raw: bytes, catalogue: Catalogue) -> Iterator[Part]:
    place = (node.start_byte, node.end_byte)
    if node.type == "variable_assignment":
        yield _part(raw, place, Role.SETTING)
    elif node.type in _REDIRECTS:
        yield _part(raw, place, Role.REDIRECTION)
    elif node.type == "command":
        words = words_of(node)
        for word, role in zip(words, _roles(words, catalogue), strict=True):
            yield _part(raw, (word.start, word.end), role)


def _roles(words: list[Word], catalogue: Catalogue) -> list[Role]:
    if not words:
        return []
    if words[0].text in WRAPPERS and (rest := wrapped(words)):
        own = words[1 : len(words) - len(rest)]
        return [Role.WRAPPER, *map(_plain_role, own), *_roles(rest, catalogue)]
    subcommands = _subcommands(words, catalogue)
    return [Role.PROGRAM] + [
        Role.SUBCOMMAND if word in subcommands else _plain_role(word) for word in words[1:]
    ]


def _plain_role(word: Word) -> Role:
    return Role.OPTION if word.text.startswith("-") else Role.OPERAND


def _subcommands(words: list[Word], catalogue: Catalogue) -> list[Word]:
    """Return the words that choose what a program does, as far as the table knows it."""
    keys = (key for key in catalogue.of(words[0].text) if len(key) > 1)
    known = [key for key in keys if not key[1].startswith("-")]
    if not known:
        return []
    bare = [word for word in words[1:] if not word.text.startswith("-")]
    firsts = {key[1] for key in known}
    # the value of an option may stand before it: `kubectl -n shop logs`
    begin = next((at for at, word in enumerate(bare) if word.text in firsts), 0)
    bare = bare[begin:]
    texts = tuple(word.text for word in bare)
    deepest = max((_shared(key[1:], texts) for key in known), default=0)
    return bare[: max(deepest, 1)]


def _shared(key: Sequence[str], texts: Sequence[str]) -> int:
    """Return how many words both begin with."""
    differing = (
        at for at, (one, other) in enumerate(zip(key, texts, strict=False)) if one != other
    )
    return next(differing, min(len(key), len(texts)))


# which part decides


def _deciding(
    reasons: list[Reason], words: list[Word], parts: list[Place], catalogue: Catalogue
) -> Iterator[tuple[Reason, Place]]:
    """Yield each of the reasons at one place with the place of every part it comes from."""
    if words:
        for reason, word in _blamed(reasons, words, catalogue):
            yield reason, (word.start, word.end)
        return
    start, end = reasons[0].place
    around = [place for place in parts if place[0] <= start and end <= place[1]]
    inmost = min(around, key=lambda place: place[1] - place[0], default=(start, end))
    for reason in reasons:
        yield reason, inmost


def _blamed(
    reasons: list[Reason], words: list[Word], catalogue: Catalogue
) -> Iterator[tuple[Reason, Word]]:
    """Yield each reason with the words of a command without which it would not be there."""
    tried = range(1, len(words)) if len(words) <= _MOST_WORDS else range(0)
    place = reasons[0].place
    left = {at: [_reasons(rest, place, catalogue) for rest in _others(words, at)] for at in tried}
    for reason in dict.fromkeys(reasons):
        found = [words[at] for at in tried if not any(reason in one for one in left[at])]
        for word in found or _subcommands(words, catalogue)[-1:] or words[:1]:
            yield reason, word


def _others(words: list[Word], at: int) -> Iterator[list[Word]]:
    """Yield the command as it would be without what one word says.

    An option is left out, alone and with the word behind it, which may be its value.
    """
    before, word, behind = words[:at], words[at], words[at + 1 :]
    if not word.text.startswith("-"):
        yield [*before, Word(text="x", start=word.start, end=word.end), *behind]
        return
    yield before + behind
    if behind and not behind[0].text.startswith("-"):
        yield before + behind[1:]


def _reasons(words: list[Word], place: Place, catalogue: Catalogue) -> set[Reason]:
    judged = Judged(place=place, catalogue=catalogue)
    judge_words(words, judged, partial(_nested, catalogue))
    return set(judged.reasons)


def _nested(catalogue: Catalogue, text: str) -> Verdict:
    return judge_shell(text, catalogue=catalogue, depth=1)
