"""Clients of databases: what they are asked counts."""

from __future__ import annotations

import re
from dataclasses import replace

from tocsin.core.risk import Risk
from tocsin.core.tool import Tool
from tocsin.reading.argv import Word
from tocsin.running.allow.judged import Judged, Nested
from tocsin.running.allow.late import judge_sql
from tocsin.running.allow.options import objection

_PSQL = Tool(
    alone=frozenset({"-t", "-A", "-x", "-q", "-w", "-X", "-l", "--no-psqlrc", "--list",
                     "--tuples-only", "--no-align", "--expanded", "--quiet", "--no-password"}),
    valued=frozenset({"-h", "-p", "-U", "-d", "-c", "-P", "-F", "-v", "--host", "--port",
                      "--username", "--dbname", "--command", "--pset"}),
    limits=(("-P", re.compile(r"pager(=off)?|border=\d|format=(aligned|unaligned|csv)")),
            ("--pset", re.compile(r"pager(=off)?")),
            ("-v", re.compile(r"ON_ERROR_STOP=[01on]+"))),
    most=1,
)  # fmt: skip
_MYSQL = Tool(
    alone=frozenset({"-N", "-B", "-s", "-t", "-E", "--batch", "--silent", "--table", "--vertical",
                     "--skip-column-names"}),
    valued=frozenset({"-h", "-P", "-u", "-D", "-e", "--host", "--port", "--user", "--database",
                      "--execute"}),
    most=1,
)  # fmt: skip
_META = re.compile(r"\s*\\(l\+?|d[tinvsuxbpfm]?\+?|conninfo)( [\w.]+)?\s*")
_MYSQL_ACTS = re.compile(r"--(init-command|tee|pager|plugin-dir|defaults-\w+|load-data)")
_MONGO_LOOKS = re.compile(
    r"[\s;]*(print|printjson)?\(?(db|rs|sh)(\.getSiblingDB\('\w+'\)|\.\w+)?\.(serverStatus|status|stats"
    r"|currentOp|printReplicationInfo|printSecondaryReplicationInfo|hello|isMaster|version|conf"
    r"|countDocuments|estimatedDocumentCount|count|getReplicationInfo|getIndexes)\([^();]*\)"
    r"(\.\w+)*\)?[\s;]*"
)


def psql(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge psql by its queries."""
    queries = _values(words, _PSQL, "-c", "--command")
    lists = any(word.text in ("-l", "--list") for word in words[1:])
    if [word.text for word in words[1:]] in (["--version"], ["-V"]):
        return
    if any(re.match(r"-\w*[fo]\b|--file|--output|-L", word.text) for word in words[1:]):
        judged.fall("psql would read or write a file", Risk.CHANGE)
    elif not queries and not lists:
        judged.fall("psql opens a terminal", Risk.ENDLESS)
    for query in queries:
        if not _META.fullmatch(query.text):
            _query(query, "postgres", judged)
    if reason := objection(_PSQL, words[1:]):
        judged.fall(f"psql: {reason}")


def _query(query: Word, dialect: str, judged: Judged) -> None:
    verdict = judge_sql(query.text, dialect)
    if not verdict.auto or query.doubts or query.variables:
        judged.fall(verdict.why[0], verdict.risk)


def _values(words: list[Word], tool: Tool, short: str, long: str) -> list[Word]:
    """Return the values of an option as the program itself would take its words apart."""
    found = []
    waiting = words[1:]
    while waiting:
        word, *waiting = waiting
        name, attached = _option(word.text, tool)
        value = replace(word, text=attached) if attached else None
        if name in tool.valued and value is None and waiting:
            value, *waiting = waiting
        if name in (short, long) and value is not None:
            found.append(value)
    return found


def _option(text: str, tool: Tool) -> tuple[str, str]:
    """Return the option of a word that takes a value, and the value attached to it."""
    if text.startswith("--"):
        name, _, attached = text.partition("=")
        return name, attached
    if text.startswith("-p") and "-p" not in tool.valued:
        return "", ""  # a password of mysql's stands right behind it
    for at, letter in enumerate(text[1:] if text.startswith("-") else "", start=1):
        if f"-{letter}" in tool.valued:
            return f"-{letter}", text[at + 1 :]
    return "", ""


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
            _query(word, "sqlite", judged)
    if "-readonly" not in options:
        end = words[0].end
        judged.fall("sqlite3 may write", edit=(end, end, " -readonly"))


def mysql(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge mysql by its queries; with a password to type it wants a terminal."""
    queries = _values(words, _MYSQL, "-e", "--execute")
    if not queries:
        judged.fall("mysql opens a terminal", Risk.ENDLESS)
    for query in queries:
        asked = re.sub(r"\s*\\G\s*$", "", query.text).strip()
        _query(replace(query, text=asked), "mysql", judged)
    if reason := objection(_MYSQL, words[1:]):
        acts = any(_MYSQL_ACTS.match(word.text) for word in words[1:])
        judged.fall(f"mysql: {reason}", Risk.CHANGE if acts else Risk.READ)


def mongo(words: list[Word], judged: Judged, nested: Nested) -> None:
    """Judge a shell of MongoDB by what it evaluates; it never runs unattended."""
    texts = [word.text for word in words]
    asked = texts[texts.index("--eval") + 1 :][:1] if "--eval" in texts else []
    asked += [text.removeprefix("--eval=") for text in texts if text.startswith("--eval=")]
    if not asked:
        judged.fall("it opens a terminal", Risk.ENDLESS)
        return
    lost = re.search(r"\.(drop|delete|remove)\w*\(", asked[0])
    looks = Risk.READ if _MONGO_LOOKS.fullmatch(asked[0]) else Risk.CHANGE
    judged.fall("what it evaluates is a program", Risk.DESTROY if lost else looks)
