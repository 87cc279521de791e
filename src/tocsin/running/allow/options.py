"""A call held to what its tool may be given: options, their values, operands."""

from __future__ import annotations

import re

from tocsin.core.tool import ANY, Tool
from tocsin.reading.argv import Word

_BLANK = re.compile(r"_[A-Za-z][A-Za-z0-9_.-]*_")  # a placeholder, filled in so that it parses


def objection(tool: Tool, args: list[Word]) -> str:
    """Return why these arguments are not on the list, or nothing."""
    if any(word.globbed and re.match(r"[*?\[]", word.text) for word in args):
        return "file names could be taken for options"
    if tool.needs and not any(tool.needs.fullmatch(word.text) for word in args):
        return "the option is missing with which it only looks"
    strange: list[str] = []
    found = operands(tool, args, strange)
    return strange[0] if strange else _operands(tool, found)


def operands(tool: Tool, args: list[Word], strange: list[str] | None = None) -> list[Word]:
    """Return what is no option nor its value; notes in `strange` what is not on the list."""
    found: list[Word] = []
    waiting = list(args)
    while waiting:
        word = waiting.pop(0)
        if word.text == "--":
            return found + waiting
        if not word.text.startswith("-") or word.text == "-":
            found.append(word)
        elif (reason := _option(tool, word.text, waiting)) and strange is not None:
            strange.append(reason)
    return found


def _operands(tool: Tool, found: list[Word]) -> str:
    if not tool.least <= len(found) <= tool.most:
        return f"{len(found)} operands are not what it takes to only look"
    if (tool.each or tool.most < ANY) and any(one.globbed for one in found):
        return "a pattern may become several operands"
    strange = [
        one.text
        for one in found
        if tool.each and not tool.each.fullmatch(one.text) and not _BLANK.fullmatch(one.text)
    ]
    return f"{strange[0]} is not on its list" if strange else ""


def _option(tool: Tool, text: str, waiting: list[Word]) -> str:
    """Return why an option is not on the list, or nothing; takes its value from `waiting`."""
    if text.startswith("--"):
        return _long_option(tool, text, waiting)
    if tool.attached and tool.attached.fullmatch(text):
        return ""
    if tool.counts and re.fullmatch(r"-\d+", text):
        return ""
    for at, letter in enumerate(text[1:], start=1):
        if f"-{letter}" in tool.valued:
            return _valued(tool, f"-{letter}", text[at + 1 :], waiting)
        if f"-{letter}" not in tool.alone:
            return f"the option -{letter} is not on its list"
    return ""


def _valued(tool: Tool, name: str, attached: str, waiting: list[Word]) -> str:
    """Take an option's value; return why it may be an option itself or is not on the list."""
    if attached:
        return _limited(tool, name, attached)
    value = waiting.pop(0).text if waiting else "-"
    if re.match(r"-[^\d]|-$", value):
        return f"{value} may be an option or a value"
    return _limited(tool, name, value)


def _limited(tool: Tool, name: str, value: str) -> str:
    limit = dict(tool.limits).get(name)
    return f"{name} {value} is not on its list" if limit and not limit.fullmatch(value) else ""


def _long_option(tool: Tool, text: str, waiting: list[Word]) -> str:
    name, equals, value = text.partition("=")
    if name in tool.valued and equals:
        return _limited(tool, name, value)
    if name in tool.valued and name not in tool.optional:
        return _valued(tool, name, "", waiting)
    known = text in tool.alone or name in tool.optional
    return "" if known else f"the option {name} is not on its list"
