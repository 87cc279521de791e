"""YAML as plain values that know their lines, read without trust.

The nodes are put together here from the parser's events, not by the library's composer: that one
calls itself for each level, and a line of ten thousand dashes ends the process. Aliases share
their node and are never copied, so a small file cannot become a large value.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

MOST_BYTES = 10 * 1024 * 1024
_DEEPEST = 100  # levels; a rule file has six


class Unreadable(Exception):
    """The text is no YAML from `line` on."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True, kw_only=True)
class Node:
    """One value of a document. Of `text`, `items` and `fields` only what it is is filled."""

    line: int  # 1-based
    text: str | None = None  # of a scalar, whatever its type
    items: list[Node] = field(default_factory=list)
    fields: dict[str, Node] = field(default_factory=dict)

    def get(self, name: str) -> Node | None:
        """Return the field of that name, also one that is merged in with `<<`, or None."""
        node: Node | None = self
        while node is not None:
            if name in node.fields:
                return node.fields[name]
            node = node.fields.get("<<")
        return None

    def text_of(self, name: str) -> str:
        """Return the text of the field of that name; nothing where it has none."""
        found = self.get(name)
        return (found.text or "") if found else ""


@cache
def _yaml() -> Any:
    """Return the library, imported by the first YAML there is: most documents have none."""
    return importlib.import_module("yaml")


def documents_in(text: str) -> Iterator[Node]:
    """Yield the documents of a YAML stream, each as its outermost node.

    Raises:
        Unreadable: It is no YAML from some line on; what came before was yielded.
    """
    if len(text) > MOST_BYTES:
        raise Unreadable(1, "is larger than 10 MiB")
    last, yaml = text.count("\n") + 1, _yaml()
    try:
        for event in _events(text):
            if isinstance(event, yaml.DocumentStartEvent):
                builder = _Builder(last)
            elif isinstance(event, yaml.DocumentEndEvent):
                yield from builder.finished
            elif isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "holds characters that no YAML may hold"
        raise Unreadable(mark.line + 1 if mark else 1, said) from None


def _events(text: str) -> Iterator[Any]:
    loader = getattr(_yaml(), "CSafeLoader", _yaml().SafeLoader)  # C is not in every build
    return iter(_yaml().parse(text, Loader=loader))


@dataclass(slots=True, kw_only=True)
class _Open:
    """A collection that has not ended yet."""

    node: Node
    anchor: str
    is_mapping: bool
    key: str | None = None  # of a mapping: the one that waits for its value

    def add(self, node: Node) -> None:
        """Add a value; in a mapping the first of two is the key of the second."""
        if not self.is_mapping:
            self.node.items.append(node)
        elif self.key is None:
            self.key = node.text or ""
        else:
            self.node.fields[self.key] = node
            self.key = None


class _Builder:
    """Puts the events of one document together, from the outside in."""

    def __init__(self, last: int) -> None:
        self._last = last  # line of the text; an empty value is placed below it
        self.finished: list[Node] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}

    def take(self, event: Any) -> None:
        """Add what one event says."""
        yaml = _yaml()
        if isinstance(event, yaml.CollectionEndEvent):
            ended = self._open.pop()
            self._place(ended.node, ended.anchor)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.AliasEvent):
            self._place(self._named(event), "")
        else:
            node = Node(line=self._line_of(event), text=event.value)
            self._place(node, event.anchor or "")

    def _line_of(self, event: Any) -> int:
        return int(min(event.start_mark.line + 1, self._last))

    def _begin(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if len(self._open) >= _DEEPEST:
            raise Unreadable(line, f"is nested deeper than {_DEEPEST} levels")
        self._open.append(
            _Open(
                node=Node(line=line),
                anchor=event.anchor or "",
                is_mapping=isinstance(event, _yaml().MappingStartEvent),
            )
        )

    def _named(self, event: Any) -> Node:
        if event.anchor not in self._anchors:  # or it is still open: nothing can hold itself
            raise Unreadable(event.start_mark.line + 1, f"names an unknown anchor {event.anchor!r}")
        return self._anchors[event.anchor]

    def _place(self, node: Node, anchor: str) -> None:
        if anchor:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1].add(node)
        else:
            self.finished.append(node)
