"""RISK-DESTRUCTIVE: data is lost, and nothing before it asks whether that is meant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.destruction import Loss, harmless_words, loss_by
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.promises import heading_of, label_of
from tocsin.reading.lint.rule import Hit, Rule, Severity, together

_CARE = re.compile(
    r"\b(confirm\w*|approv\w+|caution|careful\w*|warning|danger\w*|irreversible|permanent\w*"
    r"|data loss|los(e|es|ing|t)\b.{0,30}\b(data|keys|sessions)|cannot be undone|last resort"
    r"|regenera\w+|double[- ]check|make sure|ensure|destructive|be sure|only (if|when|after|do)"
    r"|(take|make|create)\b.{0,20}\b(backup|snapshot|copy)|back up)\b|⚠",
    re.IGNORECASE,
)
_ADMITS = re.compile(r"\b(volumes?|all data|database data|wipe|everything)\b", re.IGNORECASE)
_WORTHLESS = re.compile(r"\b(cached?|caches|temp|temporary|tmp)\b", re.IGNORECASE)
_TAKES_AWAY = re.compile(r"\b(uninstall|tear ?down|clean ?up|decommission\w*|remov\w+)\b", re.I)
_NOT_LIVE = re.compile(
    r"(\b|_)(staging|locally|local|dev|development|test|testing|scratch|temporary|drill)(\b|_)"
    r"|\bnew (database|instance|server)\b",
    re.IGNORECASE,
)
_SAVES = re.compile(r"pg_dump|mysqldump|mongodump|backup|snapshot|bgsave|^(tar|cp|rsync) ", re.I)
_NEAR = 60  # lines above a command that still speak of it
_PREVIEWS = ("find", "ls")


def _look(document: Document) -> Iterator[Hit]:
    places: dict[str, list[int]] = defaultdict(list)
    for call in document.calls:
        loss = loss_by(call)
        if loss is not None and not _guarded(document, call, loss):
            places[loss.of].append(call.line)
    for of, lines in places.items():
        message = f"This loses {of}, with no look before it, no copy and no word of warning."
        yield Hit(lines=together(lines), message=message)


def _guarded(document: Document, call: Call, loss: Loss) -> bool:
    """Whether something above it, from the heading on, shows, keeps or warns.

    A comment that speaks of something harmless is RISK-DESTRUCTIVE-MISLABELLED.
    """
    label = label_of(document, call.statement).text
    behind = document.mended_lines[call.line - 1].partition(" # ")[2]
    if harmless_words(label, loss) or _admitted(document, call, loss, f"{label} {behind}"):
        return True
    if _NOT_LIVE.search(f"{call.text} {label} {heading_of(document, call.line).text}"):
        return True
    above = heading_of(document, call.line).lines
    first = max(above[0] if above else 1, call.line - _NEAR)
    if _CARE.search("\n".join(document.mended_lines[first - 1 : call.end])):
        return True
    row = document.calls_between(first, call.line)
    return any(_SAVES.search(one.text) or _shows(one, call) for one in row)


def _admitted(document: Document, call: Call, loss: Loss, label: str) -> bool:
    """Whether the words above say what is lost, or the section is there to take things away."""
    sentence = next(document.prose_above(call.line), None)
    said = f"{label}\n{sentence.text if sentence else ''}"
    if not loss.broad:
        return bool(_WORTHLESS.search(said))
    heading = heading_of(document, call.line).text
    return bool(_ADMITS.search(said) or _TAKES_AWAY.search(heading))


def _shows(earlier: Call, call: Call) -> bool:
    """Whether an earlier command lists what this one deletes."""
    same = set(earlier.operands()) & set(call.operands())
    return earlier.name in _PREVIEWS and bool(same) and loss_by(earlier) is None


rule = Rule(
    name="RISK-DESTRUCTIVE",
    severity=Severity.ERROR,
    summary="Data is lost, and nothing before it asks whether that is meant.",
    look=_look,
)
