"""What fenced blocks are by their labels, and what they hold besides statements."""

from __future__ import annotations

import re
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarks:
    """Comment lines without a line of code between them, and whether code follows at once."""

    lines: tuple[tuple[int, str], ...]  # line of the file and words, without the comment's mark
    labels: bool  # a command stands right below: they say what it is for


def remarks_in(block: Block) -> list[Remarks]:
    """Return the runs of comment lines of a shell block in order."""
    found: list[Remarks] = []
    run: list[tuple[int, str]] = []
    for number, line in enumerate([*block.text.split("\n"), ""], start=block.start + 1):
        bare = line.strip()
        if bare.startswith("#") and not bare.startswith("#!"):
            run.append((number, bare.lstrip("#").strip()))
            continue
        if run:
            found.append(Remarks(lines=tuple(run), labels=bool(bare)))
        run = []
    return found
