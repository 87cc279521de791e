"""A command as a person may trust it: nothing in it hides, and nothing passes for another.

Control, direction and zero-width characters are written out; every character beyond ASCII
carries its name, because an `а` need not be an `a`; long runs of spaces and of empty lines are
counted, so that nothing stands out of sight to the right or below.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_PLAIN = frozenset(map(chr, range(0x20, 0x7F))) | {"\n", "\t"}
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs", "Mn", "Me"})
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_GAP = re.compile(r"(?P<lines>(?:[ \t]*\n){5,})|(?P<spaces>[ \t]{16,}|(?<=[^ \t\n])[ \t]{6,})")


class Kind(StrEnum):
    """What a mark is about."""

    PLAIN = "plain"
    ODD = "odd"  # a character beyond ASCII that can be seen
    HIDDEN = "hidden"  # one that cannot, or that moves others
    GAP = "gap"  # much of nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A piece of the text as it is shown, and what it is where that is not plain to see."""

    kind: Kind
    shown: str
    name: str = ""


def marks(text: str) -> Iterator[Mark]:
    """Yield the pieces of the text in order."""
    end = 0
    for gap in _GAP.finditer(text):
        yield from _characters(text[end : gap.start()])
        yield _counted(gap)
        end = gap.end()
    yield from _characters(text[end:])


def _counted(gap: re.Match[str]) -> Mark:
    if gap["lines"]:
        empty = gap[0].count("\n") - 1
        return Mark(kind=Kind.GAP, shown=f"\n⟨{empty} empty lines⟩\n", name="empty lines")
    return Mark(kind=Kind.GAP, shown=f" ⟨{len(gap[0])} spaces⟩ ", name="spaces")


def _characters(text: str) -> Iterator[Mark]:
    for plain, odd in re.findall(r"([\x20-\x7e\n\t]+)|([^\x20-\x7e\n\t])", text):
        yield Mark(kind=Kind.PLAIN, shown=plain) if plain else mark(odd)


def mark(character: str) -> Mark:
    """Return one character as it is shown."""
    if character in _PLAIN:
        return Mark(kind=Kind.PLAIN, shown=character)
    name = unicodedata.name(character, f"U+{ord(character):04X}").lower()
    if unicodedata.category(character) in _HIDDEN_CATEGORIES:
        return Mark(kind=Kind.HIDDEN, shown=f"⟨U+{ord(character):04X}⟩", name=name)
    return Mark(kind=Kind.ODD, shown=character, name=name)


def written_out(text: str) -> str:
    """Return the text with what is not plain marked in it, for where nothing can be coloured."""
    return "".join(
        f"{each.shown}⟨U+{ord(each.shown):04X}⟩" if each.kind is Kind.ODD else each.shown
        for each in marks(text)
    )


def readable(text: str) -> str:
    """Return prose or output from outside with its letters as they are, and nothing hidden in it.

    Colours are dropped and line ends become newlines; whatever else could not be seen, or would
    move what stands around it, is written out.
    """
    if text.isprintable():
        return text
    return "".join(
        each if is_harmless(each) else f"⟨U+{ord(each):04X}⟩" for each in without_colours(text)
    )


def is_harmless(character: str) -> bool:
    """Return whether the character may stand in prose: any letter or sign that can be seen."""
    return character in _PLAIN or character.isprintable()


def without_colours(text: str) -> str:
    """Return what a program printed without its colours, and with newlines for line ends."""
    return _COLOURS.sub("", text.replace("\r\n", "\n"))


def oddities(text: str) -> tuple[str, ...]:
    """Return one sentence for each kind of character that a person could be deceived by."""
    found: dict[str, str] = {}
    for each in marks(text):
        if each.kind is Kind.HIDDEN:
            found[each.shown] = f"{each.shown} cannot be seen: {each.name}"
        if each.kind is Kind.ODD:
            found[each.shown] = (
                f"{each.shown} is no plain letter or sign: {each.name} (U+{ord(each.shown):04X})"
            )
    return tuple(found.values())
