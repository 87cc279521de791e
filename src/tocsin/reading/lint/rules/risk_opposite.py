"""RISK-OPPOSITE: the command works against what it is meant for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tocsin.reading.lint.blocks import SCRIPTS
from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.destruction import empties_store
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.promises import Promise, label_of, lead_of, topic_of
from tocsin.reading.lint.rule import Hit, Rule, Severity, together

_SYSTEM_ACCOUNTS = re.compile(r"\b(root|www-data|nobody|apache|nginx|daemon|postgres)\b")
_BLOCKS = re.compile(r"\b(block|ban|deny|restrict)\b(?!.*\b(unblock|unban)\b)", re.IGNORECASE)
_LIFTS = re.compile(r"\b(clear|reset|remove|delete|unblock|unban|allow|lift)\w*\(")
_LIFTED = re.compile(r"limit|ban(?=s?[A-Z_(])|block|black|deny|allow", re.IGNORECASE)
_COMMENT = re.compile(r"^\s*(//|#|\*|/\*)")


def _is_exclusion(call: Call) -> bool:
    """Whether a list of processes is shown without those of the system's accounts."""
    shown = call.name in ("grep", "egrep") and call.fed_by in ("ps", "grep", "lsof", "ss")
    return shown and call.option("-v") and bool(_SYSTEM_ACCOUNTS.search(call.text))


def _more_processes(call: Call) -> bool:
    """Whether further processes start on the same host."""
    if call.name == "pm2":
        return call.args[:1] == ("scale",) and any(word.startswith("+") for word in call.args)
    composed = call.name == "docker-compose" or call.args[:1] == ("compose",)
    return composed and call.option("--scale")


def _adds_load(call: Call) -> bool:
    return call.name in ("ab", "wrk", "hey", "siege", "k6", "vegeta", "stress", "stress-ng")


def _lets_in(call: Call) -> bool:
    if call.name == "ufw":
        return call.operands()[:1] == ("allow",) and "22" not in call.args
    return call.name == "fail2ban-client" and "unbanip" in call.args


def _copies_table(call: Call) -> bool:
    return bool(re.search(r"\bVACUUM\s*\(?\s*FULL\b", call.text, re.IGNORECASE))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opposite:
    """Words that say what is wanted, and a deed that brings the contrary."""

    wanted: re.Pattern[str]
    does: Callable[[Call], bool]
    message: str
    by_label: bool = True  # the comment or step says it; else the playbook is about it


_OPPOSITES = (
    _Opposite(
        wanted=re.compile(r"\b(unusual|suspicious|malicious|rogue|unknown|unexpected)\b", re.I),
        does=_is_exclusion,
        message="This hides the processes of exactly the accounts an intruder would have.",
    ),
    _Opposite(
        wanted=_BLOCKS,
        does=_lets_in,
        message="This lets in what is to be kept out.",
    ),
    _Opposite(
        wanted=re.compile(r"\b(memory|OOM)\b", re.IGNORECASE),
        does=_more_processes,
        message="More processes on the same host need more memory, and that is what is short.",
        by_label=False,
    ),
    _Opposite(
        wanted=re.compile(r"\btoo many\b.*\bconnections?|connections?\b.*\bexhaust", re.I),
        does=_more_processes,
        message="Each further process opens connections of its own, and those are what is short.",
        by_label=False,
    ),
    _Opposite(
        wanted=re.compile(r"\b(high|overload\w*|saturat\w*)\b.*\b(load|cpu|latency)\b", re.I),
        does=_adds_load,
        message="A load test adds load to what has too much of it.",
        by_label=False,
    ),
    _Opposite(
        wanted=re.compile(r"\bcache (miss|failure|down|hit rate)|\bcold cache", re.IGNORECASE),
        does=empties_store,
        message="An emptied cache misses every time, and misses are the problem.",
        by_label=False,
    ),
    _Opposite(
        wanted=re.compile(r"\b(disk|volume|storage)\b.*\b(full|space|low|usage)\b", re.I),
        does=_copies_table,
        message="`VACUUM FULL` writes the table once more, and there is no room for it.",
        by_label=False,
    ),
)


def _look(document: Document) -> Iterator[Hit]:
    for call in document.calls:
        for one in _OPPOSITES:
            if one.does(call):
                yield from _against(document, call, one)
    yield from _in_scripts(document)


def _against(document: Document, call: Call, one: _Opposite) -> Iterator[Hit]:
    label = label_of(document, call.statement)
    said = f"{label.text}\n{lead_of(document, call.line).text}"
    if one.wanted.search(said if one.by_label else topic_of(document, call.line)):
        direct = label.lines if label.lines and label.lines[-1] == call.line - 1 else ()
        yield Hit(lines=together((*_unless(one, direct), call.line)), message=one.message)


def _unless(one: _Opposite, lines: tuple[int, ...]) -> tuple[int, ...]:
    return () if one.by_label else lines


def _in_scripts(document: Document) -> Iterator[Hit]:
    """Return code under a comment that wants to block, and that lifts a block."""
    for block in document.runbook.blocks:
        if (block.label or "").lower() not in SCRIPTS:
            continue
        wanted = Promise(text="", lines=())
        for number, line in enumerate(block.text.split("\n"), start=block.start + 1):
            if _COMMENT.match(line) and _BLOCKS.search(line):
                wanted = Promise(text=line, lines=(number,))
            lifted = _LIFTS.search(line)
            if wanted.lines and lifted and _LIFTED.search(lifted[0]):
                message = "The comment wants to block, and this lifts a limit."
                lines = _written(document, wanted.lines[0], number)
                yield Hit(lines=lines, message=message)


def _written(document: Document, first: int, last: int) -> tuple[int, ...]:
    numbers = range(first, last + 1)
    return tuple(one for one in numbers if document.mended_lines[one - 1].strip())


rule = Rule(
    name="RISK-OPPOSITE",
    severity=Severity.ERROR,
    summary="The command works against what it is meant for.",
    look=_look,
)
