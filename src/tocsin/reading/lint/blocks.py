"""What fenced blocks are by their labels, and what they hold besides statements."""

from __future__ import annotations

import re

from tocsin.core.runbook import Block

SHELLS = frozenset({"bash", "sh", "shell", "zsh", "console", "ksh"})
SCRIPTS = frozenset({"typescript", "ts", "javascript", "js", "python", "py", "go", "php", "ruby"})
PROMQLS = frozenset({"promql", "prometheus"})

_COMMENT = re.compile(r"^\s*(?:#|//|--|/?\*)")


def is_only_comments(block: Block) -> bool:
    """Whether there is text in the block, and all of it is comment."""
    lines = [line for line in block.text.split("\n") if line.strip()]
    return bool(lines) and all(_COMMENT.match(line) for line in lines)


def code_lines(block: Block) -> list[tuple[int, str]]:
    """Return the lines of the block that are neither empty nor comment, with their numbers."""
    return [
        (number, line)
        for number, line in enumerate(block.text.split("\n"), start=block.start + 1)
        if line.strip() and not _COMMENT.match(line)
    ]
