"""What can still be told apart in a shell block that does not parse as a whole.

A person sees which lines make one command even where one of them is cut off. Where a line
could be the inside of something larger, a loop or a text written in place, nothing is
taken apart: out of its place it would mean something else.
"""

from __future__ import annotations

import re

_LARGER = re.compile(
    r"<<|^\s*(?:if|for|while|until|case|select|do|then|else|elif|done|fi|esac|function)\b"
    r"|[{(]\s*$|^\s*[})]"
)
_GOES_ON = re.compile(r"(?:\\|\||&&)\s*$")
_CONTINUES = re.compile(r"^\s*(?:\||&&|-\w|--\w)")


def pieces_of(lines: list[str]) -> list[tuple[int, int]]:
    """Return the index ranges of lines (the end is not part of it) that make one command."""
    code = [at for at, line in enumerate(lines) if _is_code(line)]
    if not code:
        return []
    if any(_LARGER.search(lines[at]) for at in code):
        return [(code[0], code[-1] + 1)]
    found: list[tuple[int, int]] = []
    quote, waits = "", False
    for at, line in enumerate(lines):
        inside = bool(quote) or waits
        if not inside and not _is_code(line):
            continue
        if found and (inside or (found[-1][1] == at and _CONTINUES.match(line))):
            found[-1] = (found[-1][0], at + 1)
        else:
            found.append((at, at + 1))
        quote = quote_after(line, quote)
        waits = not quote and goes_on(line)
    return [(begin, _without_blank_end(lines, begin, end)) for begin, end in found]


def goes_on(line: str) -> bool:
    """Return whether a command goes on in the line after this one."""
    return bool(_GOES_ON.search(line))


def quote_after(line: str, quote: str) -> str:
    """Return the quotation mark still open at the end of a line of shell."""
    escaped = False
    before = " "
    for character in line:
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#" and before.isspace():
            break
        before = character
    return quote


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _without_blank_end(lines: list[str], begin: int, end: int) -> int:
    while end > begin + 1 and not lines[end - 1].strip():
        end -= 1
    return end
