"""Looks into SQL; its parser is imported by the first statement: the server starts sooner."""

from __future__ import annotations

import importlib
from functools import lru_cache

from tocsin.core.risk import Verdict


@lru_cache(maxsize=1024)  # the same statement is shown, linted and planned
def judge_sql(text: str, dialect: str = "postgres") -> Verdict:
    """Return what a piece of SQL may do."""
    module = importlib.import_module("tocsin.running.allow.sql")
    verdict: Verdict = module.judge_sql(text, dialect)
    return verdict


@lru_cache(maxsize=256)
def tables(text: str, dialect: str) -> tuple[str, ...]:
    """Return the tables and views that a piece of SQL names; none where it cannot be parsed."""
    module = importlib.import_module("tocsin.running.allow.tables")
    found: tuple[str, ...] = module.tables(text, dialect)
    return found
