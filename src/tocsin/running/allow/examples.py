"""The examples of the catalogue, held to the verdict of the whole judge.

An entry says what a command is; its examples say so once more, and an entry that does not
keep its own word is not used.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from tocsin.core.risk import Risk
from tocsin.core.tool import Tool
from tocsin.running.allow.catalogue import (
    OURS,
    Catalogue,
    checked,
    ours,
    programs,
    version,
)
from tocsin.running.allow.shell import judge_shell


def objections(tool: Tool, catalogue: Catalogue = OURS) -> Iterator[tuple[str, str]]:
    """Yield the key and the sentence of every example of a tool that is judged otherwise."""
    for text in tool.match:
        if wrong := _against(tool, text, catalogue):
            yield "match", f"{text!r} does not match: {wrong}"
    for text in tool.not_match:
        if not _against(tool, text, catalogue):
            yield "not_match", f"{text!r} matches, and should not"


def _against(tool: Tool, text: str, catalogue: Catalogue) -> str:
    """Return what keeps an example from being what its tool says, or nothing."""
    verdict = judge_shell(text, catalogue=catalogue)
    runs = tool.risk is Risk.READ and not tool.doubt
    as_said = verdict.risk is tool.risk and verdict.auto == runs and verdict.rewrite is None
    if as_said or (tool.judged_by and verdict.auto):
        return ""
    return f"{verdict.risk.value}, {verdict.why[0]}"


@cache
def broken() -> tuple[str, ...]:
    """Return what is wrong with the examples of our own catalogue.

    They take most of a second, so files that are the checked ones to the byte are not judged again.
    """
    return () if version() == checked() else tuple(objections_to_ours())


def objections_to_ours() -> Iterator[str]:
    """Yield a sentence for every example of our own that is judged otherwise."""
    for program in dict.fromkeys(programs()):
        for tool in ours(program).values():
            for key, sentence in objections(tool):
                yield f"{' '.join(tool.name)}: {key}: {sentence}"
