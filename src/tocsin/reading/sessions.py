"""A terminal session copied into a document: what was typed, without what was answered.

The prompt tells them apart. A shell given the whole block would run the answers, too.
"""

from __future__ import annotations

import re

from tocsin.reading.pieces import goes_on, quote_after

_PROMPT = re.compile(
    r"^\s*(?:\[?[\w.-]+@[\w.-]+[^\]$#%\s]{0,60}(?: [^\]$#%\s]{0,60})?\]?\s?[$#%]"
    r"|[\w./~:-]*\$|%)\s+(?=\S)"
)
_ROOT = re.compile(r"^\s*#\s+(?=\S)")
_SQL_PROMPT = re.compile(r"^(?:\w+[=-][#>]|(?:mysql|sqlite|MariaDB \[[^\]]*\])>)\s*(?=\S)")
_FOREIGN = re.compile(
    r"^\s*(?:\w+[=-][#>*]|(?:mysql|sqlite|redis|mongo\w*|cqlsh\S*|MariaDB \[[^\]]*\])>|>>>"
    r"|[\d.]+:\d+(?:\[\d+\])?>|irb\([^)]*\)[\d:>*]*|\[\d+\] ?pry|iex\(\d+\)>)(?:\s|$)"
)
_LOGGED = re.compile(
    r"^\s*\[?(?:[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d|\d{4}[-/]\d\d[-/]\d\d[T _]\d\d:\d\d"
    r"|(?:level|lvl|ts|time)=\S)"
)
_MORE = re.compile(r"^\s*>\s")
_IN_PLACE = re.compile(r"<<-?\s*[\"']?(?P<end>\w+)")


def typed_shell(text: str, *, root: bool = False) -> str | None:
    """Return what was typed at a shell, on its lines; None where there is no prompt.

    Args:
        text: The whole block.
        root: Whether `#` may be a prompt: only where the fence says it is a session and no
            other prompt is in it. Else such a line is a comment.
    """
    lines = text.split("\n")
    prompt = _PROMPT
    if not _begins_with(prompt, lines):
        if not (root and _begins_with(_ROOT, lines, comments=True)):
            return None
        prompt = _ROOT
    return "\n".join(_typed(lines, prompt))


def is_foreign(text: str) -> bool:
    """Return whether some of it was typed into something that is no shell."""
    return any(_FOREIGN.match(line) for line in text.split("\n"))


def is_log(text: str) -> bool:
    """Return whether every line is one that a program logged."""
    lines = [line for line in text.split("\n") if line.strip()]
    return bool(lines) and all(_LOGGED.match(line) for line in lines)


def typed_sql(text: str) -> str | None:
    """Return what was typed at a database's prompt, on its lines; None where there is none."""
    lines = text.split("\n")
    if not _begins_with(_SQL_PROMPT, lines):
        return None
    found: list[str] = []
    waits = False
    for line in lines:
        prompt = _SQL_PROMPT.match(line)
        typed = line[prompt.end() :] if prompt else line if waits else ""
        waits = bool(typed) and not typed.rstrip().endswith(";")
        found.append(typed)
    return "\n".join(found)


def _begins_with(prompt: re.Pattern[str], lines: list[str], *, comments: bool = False) -> bool:
    code = (line for line in lines if line.strip() and (comments or not _is_comment(line)))
    return bool(prompt.match(next(code, "")))


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _typed(lines: list[str], prompt: re.Pattern[str]) -> list[str]:
    """Return each line as it was typed; an answer is an empty line."""
    found: list[str] = []
    open_end, quote, waits = "", "", False
    for line in lines:
        if open_end:
            open_end = "" if line.strip() == open_end else open_end
            found.append(line)
            continue
        begun = prompt.match(line)
        if not begun and not (quote or waits):
            found.append(line if _is_comment(line) else "")
            continue
        typed = _MORE.sub("", line) if quote or waits else line[begun.end() if begun else 0 :]
        quote = quote_after(typed, quote)
        waits = not quote and goes_on(typed)
        in_place = _IN_PLACE.search(typed)
        open_end = in_place["end"] if in_place else ""
        found.append(typed)
    return found
