"""The same document as another hand would have typed it: every line keeps its number and sense."""

from __future__ import annotations

import re
from collections.abc import Callable

from altered import Labelled

Style = Callable[[Labelled], Labelled]


def _outside_blocks(document: Labelled, change: Callable[[str], str]) -> Labelled:
    inside = document.fenced
    lines = [
        line if number in inside else change(line)
        for number, line in enumerate(document.lines, start=1)
    ]
    return Labelled(text="\n".join(lines), labels=document.labels)


def _in_blocks(document: Labelled, change: Callable[[str], str]) -> Labelled:
    inside = document.fenced
    lines = [
        change(line) if number in inside else line
        for number, line in enumerate(document.lines, start=1)
    ]
    return Labelled(text="\n".join(lines), labels=document.labels)


def _replacing(pattern: str, new: str) -> Style:
    return lambda document: _outside_blocks(document, lambda line: re.sub(pattern, new, line))


def _other_system(document: Labelled) -> Labelled:
    text = "\ufeff" + document.text.replace("\n", "\r\n")
    return Labelled(text=text, labels=document.labels)


def _fences_of_tildes(document: Labelled) -> Labelled:
    return _in_blocks(document, lambda line: re.sub(r"^(\s*)```", r"\1~~~", line))


def _fences_at_the_margin(document: Labelled) -> Labelled:
    lines = list(document.lines)
    for block in document.labels["blocks"]:
        opening = lines[block["start"] - 1]
        indent = len(opening) - len(opening.lstrip(" "))
        for at in range(block["start"] - 1, block["end"]):
            line = lines[at]
            lines[at] = line.lstrip(" ") if line[:indent].strip() else line[indent:]
    return Labelled(text="\n".join(lines), labels=document.labels)


def _labels_for_headings(document: Labelled) -> Labelled:
    """Write the headings inside playbooks as bold labels."""
    playbooks = {playbook["line"] for playbook in document.labels["playbooks"]}
    lines = list(document.lines)
    inside = 0  # the level of the playbook we are in
    for line, level, words in document.headings():
        if line in playbooks:
            inside = level
        elif level <= inside:
            inside = 0
        elif inside:
            lines[line - 1] = f"**{words}:**"
    return Labelled(text="\n".join(lines), labels=document.labels)


STYLES: dict[str, Style] = {
    "colons outside the bold": _replacing(r"\*\*([^*\n]+):\*\*", r"**\1**:"),
    "colons inside the bold": _replacing(r"\*\*([^*\n:]+)\*\*:", r"**\1:**"),
    "stars for bullets": _replacing(r"^(\s*)- ", r"\1* "),
    "1) for 1.": _replacing(r"^(\s*\d+)\. ", r"\1) "),
    "underscores for bold": _replacing(r"\*\*([^*\n]+)\*\*", r"__\1__"),
    "closed headings": _replacing(r"^(#+) (.*\S)\s*$", r"\1 \2 \1"),
    "labels shouted": lambda document: _outside_blocks(
        document,
        lambda line: re.sub(r"^\*\*[^*\n]+\*\*:?$", lambda label: label[0].upper(), line),
    ),
    "items all bold": _replacing(r"^(\s*\d+\. )([^*\n]+)$", r"\1**\2**"),
    "items never bold": _replacing(r"^(\s*\d+\. )\*\*([^*\n]+?):?\*\*:?\s*$", r"\1\2:"),
    "another system": _other_system,
    "tildes": _fences_of_tildes,
    "fences at the margin": _fences_at_the_margin,
    "labels for headings": _labels_for_headings,
}
