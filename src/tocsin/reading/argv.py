"""A shell command as the words it hands over, and what about them is not certain.

Only words whose value is written out are literal. Everything a shell would compute
(variables, substitutions, braces) is kept as doubt; a doubtful word never runs unattended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tree_sitter import Node

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_IN_QUOTES = re.compile(r'\\([$`"\\])|\\\n')
_BRACES = re.compile(r"\{.*(,|\.\.)", re.DOTALL)
_PLAIN_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word: its value as far as it is known, and where it stands (bytes)."""

    text: str
    start: int
    end: int
    variables: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    inner: tuple[Node, ...] = ()  # substitutions inside it
    quoted: bool = False

    @property
    def globbed(self) -> bool:
        """Whether the shell may put file names in its place."""
        return not self.quoted and bool(re.search(r"[*?\[]", self.text))


@dataclass(slots=True)
class _Reading:
    """What is collected while one word is read."""

    variables: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    inner: list[Node] = field(default_factory=list)


def words_of(command: Node) -> list[Word]:
    """Return the words of a `command` node, its name first; assignments are left out."""
    found = []
    for child in command.children:
        if not child.is_named:  # `==`, `=~` and `$` are words to a command all the same
            found.append(_unnamed(child))
        elif child.type == "command_name":
            found.append(_word(child.named_children[0]))
        elif child.type not in ("variable_assignment", "file_redirect", "herestring_redirect"):
            found.append(_word(child))
    return found


def _unnamed(node: Node) -> Word:
    doubt = f"{source(node)} stands there as a word"
    return Word(text=source(node), start=node.start_byte, end=node.end_byte, doubts=(doubt,))


def _word(node: Node) -> Word:
    reading = _Reading()
    text = _value(node, reading)
    return Word(
        text=text,
        start=node.start_byte,
        end=node.end_byte,
        variables=tuple(reading.variables),
        doubts=tuple(reading.doubts),
        inner=tuple(reading.inner),
        quoted=node.type in ("string", "raw_string"),
    )


def source(node: Node) -> str:
    """Return the text a node was parsed from."""
    return (node.text or b"").decode()


def _value(node: Node, reading: _Reading) -> str:
    text = source(node)
    if node.type in ("word", "number") and not node.named_children:
        return _bare(text, reading)
    if node.type == "raw_string":
        return text[1:-1]
    if node.type == "string":
        return _in_quotes(node, text, reading)
    if node.type == "concatenation":
        if _BRACES.search(text):
            reading.doubts.append("braces make several words of one")
        return "".join(_value(child, reading) for child in node.children)
    return _computed(node, text, reading)


def _bare(text: str, reading: _Reading) -> str:
    if _BRACES.search(text):
        reading.doubts.append("braces make several words of one")
    return _ESCAPED.sub(r"\1", text.replace("\\\n", ""))


def _in_quotes(node: Node, text: str, reading: _Reading) -> str:
    for child in node.named_children:
        if child.type != "string_content":
            _computed(child, source(child), reading)
    return _ESCAPED_IN_QUOTES.sub(lambda found: found[1] or "", text[1:-1])


def _computed(node: Node, text: str, reading: _Reading) -> str:
    plain = _PLAIN_VARIABLE.fullmatch(text)
    if node.type in ("simple_expansion", "expansion") and plain:
        reading.variables.append(plain[1] or plain[2])
    elif node.type in ("command_substitution", "process_substitution"):
        reading.inner.append(node)
        reading.doubts.append("a part is what another command prints")
    else:
        reading.doubts.append("a part is computed by the shell")
        reading.inner += [
            child for child in node.named_children if child.type == "command_substitution"
        ]
    return text
