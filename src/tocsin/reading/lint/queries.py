"""The PromQL of a document, parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser

from tocsin.core.runbook import Language
from tocsin.reading.lint.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query, the line it begins on, and its tree."""

    text: str
    line: int
    tree: Any

    def line_of(self, word: str) -> int:
        """Return the line on which the word first stands; the first line where it does not."""
        found = re.search(rf"\b{re.escape(word)}\b", self.text)
        return self.line + (self.text.count("\n", 0, found.start()) if found else 0)

    def nodes(self) -> Iterator[Any]:
        """Return every node of the tree."""
        waiting = [self.tree]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += _below(node)


def queries_of(document: Document) -> Iterator[Query]:
    """Return the queries of the document that parse."""
    for statement in document.statements:
        if statement.language is Language.PROMQL:
            try:
                tree = promql_parser.parse(statement.text)
            except ValueError:
                continue
            yield Query(text=statement.text, line=statement.start, tree=tree)


def _below(node: Any) -> list[Any]:
    names = ("expr", "lhs", "rhs", "param")
    found = [below for name in names if (below := getattr(node, name, None)) is not None]
    return [*found, *getattr(node, "args", ())]


def is_call(node: Any, name: str) -> bool:
    """Whether the node calls this function."""
    return isinstance(node, promql_parser.Call) and node.func.name == name
