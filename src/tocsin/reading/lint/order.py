"""The commands of one block side by side: what comes before, what comes after."""

from __future__ import annotations

import re
from collections import defaultdict

from tocsin.core.runbook import Block
from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document

_REACH = 300  # lines: what comes earlier is another piece of work
_STOPS = re.compile(r"^\s*(set\s+-[a-zA-Z]*e|set\s+-o\s+errexit|trap\s)", re.MULTILINE)


def calls_by_block(document: Document) -> list[tuple[Block, tuple[Call, ...]]]:
    """Return every block that starts commands, with them in order."""
    rows: dict[int, list[Call]] = defaultdict(list)
    for call in document.calls:
        block = document.block_at(call.line)
        if block is not None:
            rows[block.start].append(call)
    return [
        (block, tuple(rows[block.start]))
        for block in document.runbook.blocks
        if block.start in rows
    ]


def handles_failure(block: Block) -> bool:
    """Whether the block stops at the first failure, or says what happens then."""
    return bool(_STOPS.search(block.text))


def before(document: Document, call: Call) -> tuple[Call, ...]:
    """Return the commands of the same playbook, or else section, that come before this one."""
    playbook, section = document.playbook_at(call.line), document.section_at(call.line)
    first = playbook.line if playbook else section.heading.line if section else 1
    return document.calls_between(max(first, call.line - _REACH), call.line)
