"""A command as the catalogue knows it: what it may be given, and what it makes of that."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.core.risk import Risk

ANY = 1000
"""As many operands as somebody likes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One command, or one sub-command, with the options and operands that keep it what it is.

    A tool whose `risk` is read only looks as long as it is given nothing else. With another
    risk it is that whatever it is given.
    """

    name: tuple[str, ...] = ()  # the command and its sub-commands
    risk: Risk = Risk.READ
    alone: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()  # value only behind `=`
    most: int = ANY  # operands
    least: int = 0
    each: re.Pattern[str] | None = None  # every operand
    limits: tuple[tuple[str, re.Pattern[str]], ...] = ()  # what the value of an option must match
    raises: tuple[tuple[str, Risk], ...] = ()  # what an option makes of the command
    needs: re.Pattern[str] | None = None  # at least one argument must match
    attached: re.Pattern[str] | None = None  # whole words that are options all the same
    counts: bool = False  # `-20`
    harmless: bool = False  # no option of it changes anything
    doubt: bool = False  # looks, but never unattended
    judged_by: str = ""  # the rule in code that knows its grammar
    match: tuple[str, ...] = ()  # examples: what it is
    not_match: tuple[str, ...] = ()  # examples: what it is not
