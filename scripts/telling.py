"""Tells a story on a terminal, calmly: when, what kind, what; wrapped to the width there is.

Without a terminal, or with NO_COLOR, it is plain text; without UTF-8, plain ASCII.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import time
from typing import TextIO

WIDEST = 100
NARROW = 64  # below it the text gets lines of its own
LONGEST_LINE = 400

STYLES = {
    "plain": "",
    "dim": "2",
    "bold": "1",
    "good": "32",
    "bad": "31",
    "warn": "33",
    "calm": "36",
}
SYMBOLS = {
    "·": ".",
    "✓": "+",
    "✗": "x",
    "▲": "!",
    "✉": "@",
    "→": ">",
    "◆": "#",
    "■": "=",
    "?": "?",
    "○": "o",
    "│": "|",
    "─": "-",
    "…": "...",
}


class Teller:
    """Prints what happens, each thing with the time since `begin`."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self.stream = stream
        self.began = time.monotonic()
        self.width = min(shutil.get_terminal_size((80, 24)).columns, WIDEST)
        terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        self.colours = terminal and not os.environ.get("NO_COLOR")
        self.unicode = (stream.encoding or "").lower().replace("-", "") == "utf8"

    def elapsed(self) -> float:
        """Return the seconds since the story began."""
        return time.monotonic() - self.began

    def title(self, text: str, under: str) -> None:
        """Print what this is about."""
        self._line("")
        self._paragraph(text, "", "bold")
        self._paragraph(under, "", "dim")

    def chapter(self, text: str) -> None:
        """Print a heading with a rule to the end of the line."""
        rule = "─" * max(0, self.width - len(text) - 2)
        self._line("")
        self._line(f"{self._styled(text, 'bold')} {self._styled(rule, 'dim')}")

    def tell(self, symbol: str, word: str, text: str, style: str = "plain") -> None:
        """Print one thing that happened just now."""
        clock = f"{self.elapsed():6.1f} s"
        head = f"{self._styled(clock, 'dim')}  {self._styled(f'{symbol} {word:<9}', style)}"
        if self.width < NARROW:
            self._line(head)
            self._paragraph(text, " " * 4)
            return
        indent = " " * (len(clock) + 2 + len(symbol) + 1 + 9 + 1)
        first, *rest = self._wrapped(text, self.width - len(indent))
        self._line(f"{head} {first}")
        for line in rest:
            self._line(indent + line)

    def quote(self, text: str, lines: int = 6) -> None:
        """Print something that was printed elsewhere: of much, the beginning and the end."""
        bar = " " * (4 if self.width < NARROW else 20) + "│ "
        for line in shortened([printable(line) for line in text.strip("\n").split("\n")], lines):
            self._line(self._styled(bar + self._cut(line, self.width - len(bar)), "dim"))

    def tick(self, happened: bool, what: str, proof: str) -> None:
        """Print one line of the list at the end."""
        mark = self._styled("✓" if happened else "✗", "good" if happened else "bad")
        first, *rest = self._wrapped(what, self.width - 4)
        self._line(f"  {mark} {first}")
        for line in rest:
            self._line(f"    {line}")
        if proof:
            self._paragraph(proof, " " * 4, "dim")

    def say(self, text: str, style: str = "plain") -> None:
        """Print a paragraph."""
        self._paragraph(text, "", style)

    def give(self, *texts: str) -> None:
        """Print what is meant to be copied: each on a line of its own, never wrapped."""
        for text in texts:
            self._line(f"  {printable(text)}")

    def ask(self, question: str) -> bool:
        """Return whether the person at the terminal agrees; the end of input is a no."""
        prompt = self._styled(f"    {question} [y/n] ", "warn")
        while True:
            self.stream.write(self._plain_enough(prompt))
            self.stream.flush()
            answer = sys.stdin.readline()
            if answer.strip().lower() in ("y", "yes"):
                return True
            if not answer or answer.strip().lower() in ("n", "no"):
                return False

    def _paragraph(self, text: str, indent: str, style: str = "plain") -> None:
        for line in self._wrapped(text, self.width - len(indent)):
            self._line(indent + self._styled(line, style))

    def _wrapped(self, text: str, width: int) -> list[str]:
        wide = max(width, 20)
        return textwrap.wrap(printable(text), wide, break_on_hyphens=False) or [""]

    def _cut(self, line: str, width: int) -> str:
        dots = "…" if self.unicode else "..."
        return line if len(line) <= width else line[: max(width - len(dots), 1)] + dots

    def _styled(self, text: str, style: str) -> str:
        if not self.colours or not STYLES[style]:
            return text
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m"

    def _plain_enough(self, text: str) -> str:
        if self.unicode:
            return text
        for symbol, plain in SYMBOLS.items():
            text = text.replace(symbol, plain)
        return text.encode("ascii", "replace").decode()

    def _line(self, text: str) -> None:
        self.stream.write(self._plain_enough(text).rstrip() + "\n")
        self.stream.flush()


def shortened(lines: list[str], most: int) -> list[str]:
    """Return at most about `most` lines: all, or some from either end, and how many are not."""
    if len(lines) <= most:
        return lines
    first, last = (most + 1) // 3, most // 2
    between = len(lines) - first - last
    return [*lines[:first], f"… {between} lines …", *lines[len(lines) - last :]]


def printable(text: str) -> str:
    """Return text from elsewhere without anything that could move the cursor."""
    return "".join(each if each.isprintable() else " " for each in text[:LONGEST_LINE])
