"""Proves of an awk program that it only reads and prints: no command, no file, no loop for ever.

The program is taken apart into what awk would see. Where a slash could begin a pattern as
well as divide, nothing is proven.
"""

from __future__ import annotations

import re

_FORBIDDEN = re.compile(
    r"ARGV|ARGC|SYMTAB|FUNCTAB|PROCINFO|ENVIRON|system|getline|close|fflush|srand|func|while"
    r"|\bdo\b|[@#`'\x5c]|\|&|[^\x20-\x7e\n]"
)
_STRING = re.compile(r'"[^"\n]*"')
_PATTERN = re.compile(r"/(?:[^/\n\[]|\[[^\]/\n]+\])*/")
_WORD = re.compile(r"[A-Za-z_]\w*")
_SPACE = re.compile(r"[ \t]+")
_SIGN = re.compile(r"&&|\|\||==|!=|>=|<=|\+\+|--|[-+*%^]=|\d+(?:\.\d+)?|.", re.DOTALL)
_BEFORE_PATTERN = frozenset(
    {"", "(", ",", "{", "}", ";", "\n", "!", "~", "&&", "||", "print", "printf", "else", "in",
     "exit", "return", "case"}
)  # fmt: skip
_OPERAND = re.compile(
    r"held|\]|\d+(\.\d+)?|"
    r"(?!(length|next|nextfile|delete|break|continue|if|for|BEGIN|END)$)[A-Za-z_]\w*"
)
_ESCAPES = re.compile(r"\\[nt\"/.\\sdwSDW$^|()\[\]*+?{}-]")


def only_prints(program: str) -> bool:
    """Whether the program certainly does nothing but read its input and print."""
    if "\\" in _ESCAPES.sub("", program):
        return False
    plain = _ESCAPES.sub("e", program)
    if _FORBIDDEN.search(plain):
        return False
    signs = _signs(plain)
    return not _writes(signs) and _loops_end(signs)


def _signs(program: str) -> list[str]:
    """Return the words and signs of a program; each string and each pattern is one sign."""
    branches = bool(re.search(r"\b(if|for)\b", program))
    found: list[str] = []
    at = 0
    while at < len(program):
        before = found[-1] if found else ""
        if program[at] == "/" and before not in _BEFORE_PATTERN:
            divides = _OPERAND.fullmatch(before) or (before == ")" and not branches)
            if not divides:
                return ["|"]  # nothing is proven of what cannot be taken apart
        matched = _held(program, at, before)
        held = matched is not None
        matched = matched or _SPACE.match(program, at) or _WORD.match(program, at)
        matched = matched or _SIGN.match(program, at)
        if matched is None:
            return ["|"]
        if matched[0].strip(" \t"):
            found.append("held" if held else matched[0])
        at = matched.end()
    return found


def _held(program: str, at: int, before: str) -> re.Match[str] | None:
    """Return the string or the pattern that begins here."""
    if program[at] == "/" and before in _BEFORE_PATTERN:
        return _PATTERN.match(program, at)
    return _STRING.match(program, at)


def _writes(signs: list[str]) -> bool:
    """Whether a sign starts a command, or may send what is printed to a file."""
    prints = False
    for sign in signs:
        if sign in ("|", '"', "`"):
            return True
        if sign in ("{", "}", ";"):
            prints = False
        prints = prints or sign in ("print", "printf")
        if sign == ">" and prints:
            return True
    return False


def _loops_end(signs: list[str]) -> bool:
    """Whether every `for` goes over the keys of an array."""
    heads = [signs[at + 1 : at + 6] for at, sign in enumerate(signs) if sign == "for"]
    return all(
        len(head) == 5 and head[0] == "(" and head[2] == "in" and head[4] == ")" for head in heads
    )
