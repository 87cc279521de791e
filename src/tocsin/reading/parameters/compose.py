"""What runs instead of a statement as written, and which values it needs."""

from __future__ import annotations

import importlib

from tocsin.core.runbook import Language, Statement, Where
from tocsin.reading.parameters.find import placeholders
from tocsin.reading.parameters.promql import rewrite_promql
from tocsin.reading.parameters.rewritten import Rewritten
from tocsin.reading.parameters.shell import rewrite_shell

_LONGEST = 20_000  # characters; nothing longer is judged


def rewrite(
    statement: Statement,
    known: frozenset[str],
    *,
    variables: bool = True,
    dialect: str = "postgres",
) -> Rewritten:
    """Return the statement with its placeholders taken out.

    Args:
        statement: As the runbook has it.
        known: Environment variables that have a value without us.
        variables: Whether a variable that nothing sets is a placeholder as well: it is not where
            the place in which the statement runs may set it.
        dialect: Of SQL: the kind of the target that it would run on.
    """
    text = statement.text
    if statement.where is not Where.HERE:
        return Rewritten(text=text)
    if len(text) > _LONGEST:
        long = "it is too long to be filled in" if placeholders(text[:_LONGEST]) else ""
        return Rewritten(text=text, refused=long)
    if statement.language is Language.BASH:
        return rewrite_shell(text, known, variables=variables)
    if statement.language is Language.PROMQL:
        return rewrite_promql(text)
    if statement.language is Language.SQL and placeholders(text):
        # its parser takes long to import, and most statements leave nothing open
        module = importlib.import_module("tocsin.reading.parameters.sql")
        rewritten: Rewritten = module.rewrite_sql(text, dialect)
        return rewritten
    return Rewritten(text=text)
