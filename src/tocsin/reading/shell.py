"""Shell text as tree-sitter sees it; the one place that knows the grammar."""

from __future__ import annotations

import re

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

# `<name>` in a runbook is a blank to fill in; bash would take it for two redirects.
BLANK = re.compile(r"<(?=[A-Za-z_])([A-Za-z0-9_.-]*(?: [A-Za-z0-9_.-]+){0,4})>(?![>&])")

# The grammar looks some characters up in a table without asking whether they are in it: one from
# beyond the basic plane ends the process.
_BEYOND = re.compile("[\U00010000-\U0010ffff]")

_LANGUAGE = Language(tree_sitter_bash.language())


def parse(text: str) -> Node:
    """Return the root node; `has_error` says whether the text is shell at all.

    Offsets fit `text`: blanks are filled in with words of the same length, and a character that
    the grammar does not survive is four `_`, as many as its bytes.
    """
    written = filled(text)
    if not written.isascii():
        written = _BEYOND.sub("____", written)
    return Parser(_LANGUAGE).parse(written.encode()).root_node


def survives(text: str) -> bool:
    """Whether the tree of a text holds all its characters as they are."""
    return not _BEYOND.search(text)


def filled(text: str) -> str:
    """Return `text` with every `<blank>` written as one word of the same length."""
    if "<" not in text:
        return text
    return BLANK.sub(lambda found: "_" + found[1].replace(" ", "_") + "_", text)


def tolerable(root: Node) -> bool:
    """Whether the whole text parsed."""
    return not root.has_error
