"""RUN-CD-UNCHECKED: what changes things runs in the wrong folder when `cd` fails."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.core.risk import ACTING
from tocsin.core.runbook import Block, Statement
from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.order import calls_by_block, handles_failure
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit


def _look(document: Document) -> list[Hit]:
    rows = calls_by_block(document)
    lines = [line for block, row in rows for line in _bare(document, block, row)]
    return one_hit(lines, "Nothing stops when `cd` fails: write `cd … || exit`.")


def _bare(document: Document, block: Block, row: tuple[Call, ...]) -> Iterator[int]:
    if handles_failure(block):
        return
    for call in row:
        alone = call.statement.text.strip().startswith("cd ") and _is_whole(call.statement)
        if call.name == "cd" and call.args and not call.around and alone:
            later = (one for one in block.statements if one.start > call.statement.end)
            if any(document.judge(one).risk in ACTING for one in later):
                yield call.line


def _is_whole(statement: Statement) -> bool:
    return not any(mark in statement.text for mark in ("&&", "||", ";"))


rule = Rule(
    name="RUN-CD-UNCHECKED",
    severity=Severity.WARNING,
    summary="What changes things runs in the wrong folder when `cd` fails.",
    look=_look,
)
