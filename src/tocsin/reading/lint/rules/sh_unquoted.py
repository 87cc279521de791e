"""SH-UNQUOTED: a value with a blank or a star in it becomes several words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from tocsin.core.runbook import Language, Statement
from tocsin.reading import shell
from tocsin.reading.argv import source
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit

_COMPUTED = ("simple_expansion", "expansion", "command_substitution")
_ONE_WORD = re.compile(r"^\$[?#$!@*0-9-]|^\$\{[#!]|^\$\{?\w+\[@\]")
_MANY_MEANT = re.compile(
    r"^\$\(\s*(?:sudo\s+)?(pgrep|pidof|seq|nproc|id -[ug]|lsof\s+-t|find|ls|cat"
    r"|(docker|podman|crictl)\s.*\s(-\w*q\w*|--quiet))\b"
)


def _look(document: Document) -> list[Hit]:
    lines = [
        line
        for statement in document.statements
        if statement.language is Language.BASH and "$" in statement.text
        for line in _unquoted(statement)
    ]
    return one_hit(lines, "Unquoted: a blank or a star in the value makes several words of it.")


def _unquoted(statement: Statement) -> Iterator[int]:
    root = shell.parse(statement.text)
    waiting: list[Node] = [] if root.has_error else [root]
    while waiting:
        node = waiting.pop()
        if node.type in _COMPUTED and _is_argument(node) and not _is_meant(source(node)):
            yield statement.start + node.start_point[0]
        waiting += node.named_children


def _is_argument(node: Node) -> bool:
    """Whether the value is handed over bare: not in quotes, not as the name, not assigned."""
    above = node.parent
    if above is not None and above.type == "concatenation":
        above = above.parent
    return above is not None and above.type == "command"


def _is_meant(text: str) -> bool:
    return bool(_ONE_WORD.match(text) or _MANY_MEANT.match(text))


rule = Rule(
    name="SH-UNQUOTED",
    severity=Severity.INFO,
    summary="A value with a blank or a star in it becomes several words.",
    look=_look,
)
