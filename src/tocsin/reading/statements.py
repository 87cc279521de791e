"""What a fenced block holds to run: each statement with its lines, its language, its label.

Of a block that does not parse as a whole, what does not parse is a statement too: it is
shown with the others, and whoever judges it finds that it cannot run.
"""

from __future__ import annotations

import importlib
import logging
import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import promql_parser
from tree_sitter import Node

from tocsin.core.runbook import Language, Statement
from tocsin.reading import shell
from tocsin.reading.pieces import pieces_of
from tocsin.reading.queries import queries_of
from tocsin.reading.sessions import is_foreign, is_log, typed_shell, typed_sql
from tocsin.reading.sql_runs import sql_runs
from tocsin.reading.unlabelled import Holding, holding

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

# It warns of every statement it only knows by its first word; those are judged as such.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

_NO_COMMAND = re.compile(  # told to a bot (`/incident start`), or an item of a list
    r"/[a-z][\w-]*(?:\s|$)|(?:\d+[.)]|[-*•])\s+[A-Z\[]|\[ \]\s"
)
_SHELLS = frozenset({"bash", "sh", "shell", "zsh", "ksh"})
_SESSIONS = frozenset({"console", "shell-session", "terminal", "shellsession"})
_SQLS = frozenset(
    {"sql", "psql", "postgres", "postgresql", "pgsql", "plpgsql", "sqlite", "sqlite3", "mysql"}
)
_PROMQLS = frozenset({"promql", "prometheus"})
_UNSAID = _SESSIONS | {""}
_MOST_LINES = 2_000  # of a block that somebody is to run
_MOST_CHARACTERS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The statements of a block, and what is wrong where it does not parse as a whole."""

    statements: tuple[Statement, ...] = ()
    mistake: str = ""


def statements_of(label: str, text: str, first_line: int) -> Parsed:
    """Return what stands to run in a block.

    Args:
        label: The fence's info string; what is no language we can run has no statements.
        text: The code without the fences.
        first_line: The line of the file on which `text` starts.
    """
    word = label.split()[0].lower().strip("{}.") if label.split() else ""
    if too_long(text):
        runs = word in _SHELLS | _SQLS | _PROMQLS
        return Parsed(mistake="is too long to be read" if runs else "")
    if word in _SQLS:
        return _sql(typed_sql(text) or text, first_line)
    if word in _PROMQLS:
        return _promql(text, first_line)
    if word in _SHELLS:
        return _in_shell(text, first_line)
    return _unsaid(text, first_line, session=word in _SESSIONS) if word in _UNSAID else Parsed()


def _in_shell(text: str, first_line: int) -> Parsed:
    """Return what stands to run in a block that calls itself shell; some are something else."""
    typed = typed_shell(text)
    if typed is None and (is_foreign(text) or is_log(text)):
        return Parsed()
    if typed is None and holding(text) is Holding.QUERIES:
        return _promql(text, first_line)
    return _shell(typed or text, first_line)


def too_long(text: str) -> bool:
    """Whether a block is larger than anything somebody would run."""
    return len(text) > _MOST_CHARACTERS or text.count("\n") > _MOST_LINES


def _unsaid(text: str, first_line: int, *, session: bool) -> Parsed:
    """Return what stands to run in a block whose label does not say what that is."""
    typed = typed_shell(text)
    if typed is not None:
        return _shell(typed, first_line)
    typed = typed_sql(text)
    held = Holding.SQL if typed is not None else holding(text)
    if held is Holding.SQL:
        return _sql(typed or text, first_line)
    if held is Holding.QUERIES:
        return _promql(text, first_line)
    if held is Holding.COMMANDS:
        return _shell(text, first_line)
    typed = typed_shell(text, root=True) if session else None
    return _shell(typed, first_line) if typed is not None else Parsed()


# shell


def _shell(text: str, first_line: int) -> Parsed:
    lines = text.split("\n")
    found: list[Statement] = []
    mistakes: list[str] = []
    for begin, end in sql_runs(lines):
        parsed = _sql("\n".join(lines[begin:end]), first_line + begin)
        mistakes += [parsed.mistake] if parsed.mistake else []
        label = _comment_above(lines, begin)
        found += [_labelled(statement, statement.label or label) for statement in parsed.statements]
        lines[begin:end] = [""] * (end - begin)
    root = shell.parse("\n".join(lines))
    if root.has_error:
        mistakes.append("is not valid shell")
        found += _piecewise(lines, first_line)
    else:
        found += _shell_statements(root, "\n".join(lines), first_line)
    return Parsed(
        statements=tuple(sorted(found, key=lambda one: one.start)),
        mistake=mistakes[0] if mistakes else "",
    )


def _piecewise(lines: list[str], first_line: int) -> list[Statement]:
    """Return each piece of a broken block: its statements, or itself where it is what broke."""
    found: list[Statement] = []
    for begin, end in pieces_of(lines):
        text = "\n".join(lines[begin:end])
        label = _comment_above(lines, begin)
        root = shell.parse(text)
        if root.has_error:
            span = (first_line + begin, first_line + end - 1)
            found.append(_statement(Language.BASH, text.strip(), *span, [label]))
            continue
        inside = _shell_statements(root, text, first_line + begin)
        found += [_labelled(one, one.label or label) for one in inside]
    return found


def _labelled(statement: Statement, label: str) -> Statement:
    return _statement(statement.language, statement.text, statement.start, statement.end, [label])


def _shell_statements(root: Node, text: str, first_line: int) -> list[Statement]:
    raw = text.encode()
    found: list[Statement] = []
    label: list[str] = []
    last_row = -1
    for node, following in pairwise([*root.children, None]):
        if node is None:
            break
        if node.type == "comment":
            if node.start_point[0] != last_row:
                label.append(raw[node.start_byte : node.end_byte].decode().lstrip("#").strip())
        elif node.is_named:
            end = _end_byte(node, following, raw)
            last_row = node.start_point[0] + raw.count(b"\n", node.start_byte, end)
            code = raw[node.start_byte : end].decode()
            start = first_line + node.start_point[0]
            if not _NO_COMMAND.match(code):
                found.append(_statement(Language.BASH, code, start, first_line + last_row, label))
            label = []
    return found


def _end_byte(node: Node, following: Node | None, raw: bytes) -> int:
    """Return where the statement ends: a `&` behind it belongs to it, line ends do not."""
    end = following.end_byte if following and following.type == "&" else node.end_byte
    while end > node.start_byte and raw[end - 1 : end] in (b"\n", b" "):
        end -= 1
    return end


def _statement(language: Language, text: str, start: int, end: int, label: list[str]) -> Statement:
    words = " ".join(part for part in label if part)
    return Statement(
        start=start,
        end=end,
        language=language,
        text=text,
        label=words,
        alternative=bool(re.match(r"or\b", words, re.IGNORECASE)),
    )


def _comment_above(lines: list[str], at: int) -> str:
    words: list[str] = []
    while at > 0 and lines[at - 1].lstrip().startswith("#"):
        at -= 1
        words.insert(0, lines[at].lstrip().lstrip("#").strip())
    return " ".join(words)


# SQL


def _sql(text: str, first_line: int) -> Parsed:
    text = _without_hash_lines(text)
    sqlglot = _sqlglot()
    try:
        dialect = sqlglot.Dialect.get_or_raise("postgres")
        tokens = dialect.tokenize(text)
        dialect.parser().parse(tokens, text)
    except (sqlglot.errors.SqlglotError, RecursionError, ValueError) as error:
        mistake = f"is not valid SQL ({_first_words(error)})"
        return Parsed(statements=_broken_sql(text, first_line), mistake=mistake)
    lines = text.split("\n")
    starts = [found.start() + 1 for found in re.finditer("\n", text)]
    found: list[Statement] = []
    for first, last in _between_semicolons(tokens):
        start = bisect_right(starts, first.start)
        end = bisect_right(starts, last.end)
        code = text[first.start : last.end + 1]
        label = _sql_label(lines, start)
        found.append(_statement(Language.SQL, code, first_line + start, first_line + end, label))
    return Parsed(statements=tuple(found))


def _broken_sql(text: str, first_line: int) -> tuple[Statement, ...]:
    """Return the statements of SQL that does not parse, as its lines show them."""
    lines = text.split("\n")
    found: list[Statement] = []
    start: int | None = None
    for at, line in enumerate(lines):
        bare = line.strip()
        if start is None and (not bare or bare.startswith("--")):
            continue
        start = at if start is None else start
        if not bare or bare.endswith(";") or at + 1 == len(lines):
            code = "\n".join(lines[start : at + 1]).strip()
            span = (first_line + start, first_line + start + code.count("\n"))
            found.append(_statement(Language.SQL, code, *span, _sql_label(lines, start)))
            start = None
    return tuple(found)


def _sqlglot() -> Any:
    """Return sqlglot, imported by the first SQL there is: the server need not wait for it."""
    return importlib.import_module("sqlglot")


def _without_hash_lines(text: str) -> str:
    """Blank the lines a shell would take for comments; PostgreSQL knows no such comment."""
    lines = text.split("\n")
    return "\n".join("-- " + line[2:] if line.startswith("#") else line for line in lines)


def _first_words(error: Exception) -> str:
    return (str(error) or type(error).__name__).split("\n")[0][:120]


def _between_semicolons(tokens: list[Token]) -> list[tuple[Token, Token]]:
    found: list[tuple[Token, Token]] = []
    first: Token | None = None
    for token in tokens:
        if token.token_type.name == "SEMICOLON":
            if first is not None:
                found.append((first, token))
            first = None
        elif first is None:
            first = token
    if first is not None:
        found.append((first, tokens[-1]))
    return found


def _sql_label(lines: list[str], row: int) -> list[str]:
    words: list[str] = []
    while row > 0 and lines[row - 1].lstrip().startswith("--"):
        row -= 1
        words.insert(0, lines[row].lstrip().lstrip("-").strip())
    return words


# PromQL


def _promql(text: str, first_line: int) -> Parsed:
    found: list[Statement] = []
    mistake = ""
    for start, end, label, query in queries_of(text.split("\n")):
        try:
            promql_parser.parse(query)
        except ValueError as error:
            mistake = mistake or f"is not valid PromQL ({_first_words(error)})"
        lines = (first_line + start, first_line + end)
        found.append(_statement(Language.PROMQL, query, *lines, label))
    return Parsed(statements=tuple(found), mistake=mistake)
