"""Which tables a piece of SQL names: for a person to see, nothing is decided by it."""

from __future__ import annotations

import logging

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # what it cannot read is not named


def tables(text: str, dialect: str) -> tuple[str, ...]:
    """Return the tables and views that it names, each once; none where it cannot be parsed."""
    try:
        found = [one for one in sqlglot.parse(text, read=dialect) if one is not None]
    except (SqlglotError, RecursionError, ValueError):
        return ()
    return tuple(dict.fromkeys(name for one in found for name in _named(one)))


def _named(tree: exp.Expr) -> list[str]:
    """Return them without the names that the statement gives to its own parts."""
    own = {each.alias for each in tree.find_all(exp.CTE)}
    names = [exp.table_name(each) for each in tree.find_all(exp.Table) if each.name]
    return [name for name in names if name not in own]
