"""SQL that somebody wrote straight among other lines, as a person at a prompt would."""

from __future__ import annotations

import re

from tocsin.reading.pieces import quote_after

_LONGEST_SQL = 60  # lines of one statement written straight into a shell block
_SQL = re.compile(
    r"^\s*(?:(?:WITH\s+\w+\s+AS|UPDATE\s+\S+\s+SET|DELETE\s+FROM|INSERT\s+INTO"
    r"|ALTER\s+(?:TABLE|SYSTEM|ROLE|USER|DATABASE|INDEX)|TRUNCATE\s|VACUUM\b|REINDEX\b|ANALYZE\b"
    r"|DROP\s+(?:TABLE|INDEX|DATABASE|VIEW|ROLE|USER|SCHEMA)"
    r"|CREATE\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|VIEW|DATABASE|ROLE|USER|POLICY|EXTENSION)"
    r"|EXPLAIN\s+(?:ANALYZE\s+)?SELECT|SHOW\s+\w+\s*;|GRANT\s+\w|REVOKE\s+\w)\b"
    r"|SELECT\s+(?!\w+\s+in\b).*(?:\bFROM\b|\(|;\s*$)|SELECT\s*$)",
    re.IGNORECASE,
)
_SQL_WORD = re.compile(
    r"\s*(?:WITH|UPDATE|DELETE|INSERT|ALTER|TRUNCATE|VACUUM|REINDEX|ANALYZE|DROP|CREATE|EXPLAIN"
    r"|SHOW|GRANT|REVOKE|SELECT)\b",
    re.IGNORECASE,
)
_SQL_CASED = re.compile(r"^\s*SELECT\s")


def sql_runs(lines: list[str]) -> list[tuple[int, int]]:
    """Return the index ranges of lines that hold SQL written straight into a shell block."""
    runs: list[tuple[int, int]] = []
    quote = ""
    at = 0
    while at < len(lines):
        if not quote and starts_sql(lines, at):
            end = _sql_end(lines, at)
            runs.append((at, end))
            at = end
            continue
        quote = quote_after(lines[at], quote)
        at += 1
    return runs


def starts_sql(lines: list[str], at: int) -> bool:
    """Return whether a SQL statement starts in the line at an index."""
    if at and lines[at - 1].rstrip().endswith("\\"):
        return False
    if not _SQL_WORD.match(lines[at]):
        return False
    rest = " ".join(line.strip() for line in lines[at : _sql_end(lines, at)])
    return bool(_SQL.match(rest)) or (bool(_SQL_CASED.match(rest)) and " FROM " in rest)


def _sql_end(lines: list[str], at: int) -> int:
    for index in range(at, min(at + _LONGEST_SQL, len(lines))):
        if lines[index].rstrip().endswith(";"):
            return index + 1
        if not lines[index].strip():
            return index
    return min(at + _LONGEST_SQL, len(lines))
