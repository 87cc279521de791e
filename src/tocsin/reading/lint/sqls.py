"""The SQL of a document, wherever it stands: in fences, and handed to a client."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.core.runbook import Statement
from tocsin.reading.lint.calls import Call

_CLIENTS = {"psql": "postgres", "pgcli": "postgres", "sqlite3": "sqlite", "mysql": "mysql"}
_CLIENTS |= {"mariadb": "mysql"}
_SQL = re.compile(
    r"^\s*(SELECT|WITH|UPDATE|DELETE|INSERT|ALTER|CREATE|DROP|TRUNCATE|VACUUM|REINDEX|ANALYZE"
    r"|EXPLAIN|SHOW|GRANT|REVOKE|PRAGMA|KILL)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sql:
    """One SQL text. `line` and `end` are lines of the file."""

    text: str
    line: int
    end: int
    client: str  # the dialect of the client it is handed to; empty where it stands in a fence
    statement: Statement

    def lines_of(self, pattern: re.Pattern[str]) -> list[int]:
        """Return the lines of the file on which the pattern begins to match."""
        if self.client:
            return [self.line] if pattern.search(self.text) else []
        return [
            self.line + self.text.count("\n", 0, found.start())
            for found in pattern.finditer(self.text)
        ]


def sql_of(statement: Statement) -> Iterator[Sql]:
    """Return a SQL statement of a fence."""
    yield Sql(
        text=statement.text,
        line=statement.start,
        end=statement.end,
        client="",
        statement=statement,
    )


def sql_in_call(call: Call) -> Iterator[Sql]:
    """Return the SQL that a database client is given as a word."""
    dialect = _CLIENTS.get(call.name)
    if dialect is None:
        return
    for word in call.args:
        text = word.removeprefix("-c").removeprefix("-e").strip("\"'")
        if _SQL.match(text):
            yield Sql(
                text=text,
                line=call.line,
                end=call.end,
                client=dialect,
                statement=call.statement,
            )
