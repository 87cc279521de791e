"""Where the statements of a block belong: not all that looks like shell is for the shell.

After `ssh host` the next line is meant for that host, and a `NAME=value` that nothing uses is
a setting somebody is to write into a file. Both would succeed here, and do nothing, or worse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tree_sitter import Node

from tocsin.core.runbook import Language, Statement, Where
from tocsin.reading import shell
from tocsin.reading.argv import source, words_of

_USED = re.compile(r"\$\{?(\w+)")
_COMPUTED = re.compile(r"\$\(|`")
_SPACED = re.compile(r"\w[\w.-]*\s+=\s")  # `max_connections = 200`: no shell reads it so
_VALUED = {  # options that take a value
    "ssh": re.compile(r"-[bcDEeFIiJLlmOopQRSWw]"),
    "sudo": re.compile(r"-[ughpCTU]"),
    "redis-cli": re.compile(r"-[hpanu]|--user|--pass"),
}
_CLIENTS = frozenset({"psql", "mysql", "sqlite3", "mongo", "mongosh", "cqlsh"})
_HAND_OVER = frozenset({"-c", "--command", "-e", "--execute", "--eval", "-f", "--file", "-l"})
_SHELLS = frozenset({"bash", "sh", "zsh", "ash", "/bin/bash", "/bin/sh"})
_ENTERS = frozenset({"exec", "debug", "run"})
_CLUSTERS = frozenset({"kubectl", "oc"})
_CONTAINERS = frozenset({"docker", "docker-compose", "podman", "crictl"})
_TERMINALS = frozenset({"su", "screen", "tmux"})
_CONSOLES = frozenset({"console", "shell", "dbshell", "dbconsole"})
_TO_PARSE = re.compile(  # what no setting and no command with a prompt of its own is without
    r"=|\b(?:ssh|sudo|su|rsh|exec|debug|run|redis-cli|psql|mysql|sqlite3|mongo(?:sh)?|cqlsh"
    r"|(?:ba|z|a)?sh|screen|tmux|(?:db)?(?:console|shell))\b"
)


def names_used(texts: Iterable[str]) -> frozenset[str]:
    """Return every variable that some of the texts use."""
    return frozenset(name for text in texts for name in _USED.findall(text))


def placed(
    statements: Iterable[Statement], used: frozenset[str], *, inside: bool = False
) -> tuple[Statement, ...]:
    """Return the statements of one block with what each is written into.

    Args:
        statements: In the order in which they stand.
        used: The variables that the document uses somewhere.
        inside: Whether the block before it left a session open.
    """
    found: list[Statement] = []
    where = Where.INSIDE if inside else Where.HERE
    for statement in statements:
        shell_like = statement.language is Language.BASH and _TO_PARSE.search(statement.text)
        nodes = _nodes(statement.text) if shell_like else []
        setting = _is_setting(nodes, statement.text, used)
        found.append(replace(statement, where=Where.FILE if setting else where))
        if _opens(nodes):
            where = Where.INSIDE
    return tuple(found)


def leaves_open(statements: Sequence[Statement]) -> bool:
    """Return whether what follows a block that was placed is typed into a session."""
    if not statements:
        return False
    last = statements[-1]
    return last.where is Where.INSIDE or (
        last.language is Language.BASH and _opens(_nodes(last.text))
    )


def _is_setting(nodes: list[Node], text: str, used: frozenset[str]) -> bool:
    """Return whether a statement only gives a value, to a name that nothing uses."""
    if len(nodes) != 1 or _COMPUTED.search(text):
        return False
    if nodes[0].type in ("variable_assignment", "variable_assignments"):
        given = nodes[0].named_children if nodes[0].type.endswith("s") else nodes
        names = (one.child_by_field_name("name") for one in given)
        return not any(name and source(name) in used for name in names)
    return nodes[0].type == "command" and bool(_SPACED.match(text))


def _opens(nodes: list[Node]) -> bool:
    """Return whether a statement ends in a prompt of its own: what follows is typed there."""
    if [node.type for node in nodes] != ["command"]:
        return False
    return _leaves_open([word.text for word in words_of(nodes[0])])


def _nodes(text: str) -> list[Node]:
    root = shell.parse(text)
    return [node for node in root.children if node.is_named and node.type != "comment"]


def _leaves_open(words: list[str]) -> bool:
    if not words:
        return True
    if words[0] == "sudo":
        return _leaves_open(_arguments(words))
    rule = _RULES.get(words[0])
    if rule is not None:
        return rule(words)
    if "ssh" in words[1:3]:  # gcloud compute ssh, vagrant ssh
        return not any(word == "--" or word.startswith(("--command", "-c")) for word in words)
    return words[-1] in _CONSOLES


def _asks_nothing(words: list[str]) -> bool:
    return not _HAND_OVER & frozenset(words)


def _enters_pod(words: list[str]) -> bool:
    given = frozenset(words)
    enters = words[-1] in _SHELLS or "--" not in given
    return "rsh" in given or (bool(_ENTERS & given) and enters)


def _arguments(words: list[str]) -> list[str]:
    """Return the words behind the options of the first one."""
    valued = _VALUED[words[0]]
    at = 1
    while at < len(words) and words[at].startswith("-"):
        at += 2 if valued.fullmatch(words[at]) else 1
    return words[at:]


_RULES: dict[str, Callable[[list[str]], bool]] = {  # by the name of the program
    "ssh": lambda words: len(_arguments(words)) == 1,
    "redis-cli": lambda words: not _arguments(words),
    **dict.fromkeys(_CLIENTS, _asks_nothing),
    **dict.fromkeys(_CLUSTERS, _enters_pod),
    **dict.fromkeys(_CONTAINERS, lambda words: words[-1] in _SHELLS),
    **dict.fromkeys(_SHELLS, lambda words: len(words) == 1),
    **dict.fromkeys(_TERMINALS, lambda _: True),
}
