"""Clients of databases: what they are asked counts."""

from __future__ import annotations

import re

from tocsin.core.risk import Risk
from tocsin.reading.argv import Word
from tocsin.running.allow.judged import Judged, Nested
from tocsin.running.allow.late import judge_sql
from tocsin.running.allow.options import Tool, objection

TOOLS_OF = {
    "psql": Tool(
        alone=frozenset({"-t", "-A", "-x", "-q", "-w", "-X", "-l", "--no-psqlrc"}),
        valued=frozenset({"-h", "-p", "-U", "-d", "-c", "--host", "--port", "--username",
                          "--dbname", "--command"}),
        most=1,
    )
}  # fmt: skip


def psql(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge psql by its queries."""
    tool = TOOLS_OF["psql"]
    queries = _values(words, "-c", "--command")
    if [word.text for word in words[1:]] in (["-l"], ["--list"]):
        return
    if any(re.match(r"-\w*f|--file|-o|--output|-L", word.text) for word in words[1:]):
        judged.fall("psql would read or write a file", Risk.CHANGE)
    elif not queries:
        judged.fall("psql opens a terminal", Risk.ENDLESS)
    if any(re.match(r"-\w*[hpUd]\w", word.text) for word in words[1:]):
        judged.fall("psql's options are not written apart from their values")
    for query in queries:
        _query(query.text, "postgres", judged, doubtful=bool(query.doubts or query.variables))
    if reason := objection(tool, words[1:]):
        judged.fall(f"psql: {reason}")


def _query(text: str, dialect: str, judged: Judged, *, doubtful: bool) -> None:
    if re.fullmatch(r"\s*\\(l|d[tinvsu]?\+?|conninfo)( [\w.]+)?\s*", text):
        return
    verdict = judge_sql(text, dialect)
    if not verdict.auto or doubtful:
        judged.fall(verdict.why[0], verdict.risk)


def _values(words: list[Word], short: str, long: str) -> list[Word]:
    found = []
    for at, word in enumerate(words[1:], start=1):
        if re.fullmatch(rf"-[a-zA-Z]*{short[1:]}|{long}", word.text) and at + 1 < len(words):
            found.append(words[at + 1])
        elif word.text.startswith((f"{long}=", short)) and len(word.text) > 2:
            judged_text = word.text.removeprefix(f"{long}=").removeprefix(short)
            found.append(
                Word(text=judged_text, start=word.start, end=word.end, doubts=("attached",))
            )
    return found


def sqlite(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge sqlite3 by its queries."""
    operands = [word for word in words[1:] if not word.text.startswith("-")]
    options = [word.text for word in words[1:] if word.text.startswith("-")]
    known = {"-readonly", "-header", "-column", "-csv", "-json", "-line", "-batch", "-list"}
    if set(options) - known:
        judged.fall("an option of sqlite3 is not on its list", Risk.CHANGE)
    if len(operands) < 2:
        judged.fall("sqlite3 opens a terminal", Risk.ENDLESS)
    for word in operands[1:]:
        if word.text.lstrip().startswith("."):
            plain = re.fullmatch(r"\s*\.(tables|schema|indexes)( \w+)?\s*", word.text)
            judged.fall("it is a command of sqlite3's own", Risk.READ if plain else Risk.CHANGE)
        else:
            _query(word.text, "sqlite", judged, doubtful=bool(word.doubts or word.variables))
    if "-readonly" not in options:
        end = words[0].end
        judged.fall("sqlite3 may write", edit=(end, end, " -readonly"))


def mysql(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge mysql by its queries."""
    queries = _values(words, "-e", "--execute")
    judged.fall("mysql is not on the list of what runs unattended")
    if not queries:
        judged.fall("mysql opens a terminal", Risk.ENDLESS)
    for query in queries:
        _query(query.text, "mysql", judged, doubtful=True)
