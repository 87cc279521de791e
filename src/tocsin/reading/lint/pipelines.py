"""What flows into each command of a shell text, and out of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tree_sitter import Node

from tocsin.reading.argv import source, words_of

_ROWS = ("pipeline", "redirected_statement")
_FAR = 16  # programs further down a pipeline say nothing about a command


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """The neighbours of a command in its pipeline, and its redirects as written."""

    fed_by: str = ""
    feeds: tuple[str, ...] = ()
    redirects: tuple[str, ...] = ()


ALONE = Streams()


def commands_in(root: Node) -> Iterator[Node]:
    """Return the `command` nodes in the order they begin."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "command":
            yield node
        waiting += reversed(node.named_children)


def base(name: str) -> str:
    """Return a program without its folder."""
    return name.rsplit("/", 1)[-1] if not name.endswith("/") else name


def streams_in(root: Node) -> dict[int, Streams]:
    """Return what surrounds each command, by the id of its node; in one pass over the tree."""
    found: dict[int, Streams] = {}
    waiting: list[tuple[Node, Streams]] = [(root, ALONE)]
    while waiting:
        node, given = waiting.pop()
        if node.type in _ROWS:
            waiting += _in_row(node, given)
            continue
        if node.type == "command":
            own = tuple(source(one) for one in node.children if one.type == "file_redirect")
            found[node.id] = replace(given, redirects=(*own, *given.redirects))
        inside = ALONE if node.type == "command" else given
        waiting += [(child, inside) for child in node.named_children]
    return found


def _in_row(row: Node, given: Streams) -> Iterator[tuple[Node, Streams]]:
    """Return the members of a pipeline, each with what surrounds it."""
    members, redirects = _members(row)
    names = [_name_of(one) for one in members]
    for at, member in enumerate(members):
        yield (
            member,
            Streams(
                fed_by=names[at - 1] if at else given.fed_by,
                feeds=(*names[at + 1 : at + _FAR], *given.feeds),
                redirects=tuple(source(one) for one in redirects.get(at, ())),
            ),
        )
    for at, found in redirects.items():
        for one in found:
            written = one.type == "heredoc_redirect" and at >= 0  # `cat <<EOF | kubectl apply`
            yield one, Streams(fed_by=names[at]) if written else ALONE


def _members(row: Node) -> tuple[list[Node], dict[int, list[Node]]]:
    """Return the members in order, and by their place the redirects that follow each.

    A redirect in the middle nests what is left of it, so a row is a tree.
    """
    members: list[Node] = []
    redirects: dict[int, list[Node]] = {}
    waiting = [row]
    while waiting:
        node = waiting.pop()
        if node.type in _ROWS:
            waiting += reversed(node.named_children)
        elif node.type.endswith("_redirect"):
            redirects.setdefault(len(members) - 1, []).append(node)
        else:
            members.append(node)
    return members, redirects


def _name_of(node: Node) -> str:
    """Return the program a member of a pipeline starts, without `sudo` before it."""
    command = next(commands_in(node), None)
    words = [word.text for word in words_of(command)] if command is not None else []
    while words and words[0] in ("sudo", "doas"):
        words = words[1:]
    return base(words[0]) if words else ""
