"""What a statement may do, and whether it may run with nobody watching.

`auto` is given only to what is certainly read-only: parsed to the end, every command and
option on a list, ending by itself, nothing left to fill in. Whatever goes wrong while
judging counts against the statement.
"""

from __future__ import annotations

import promql_parser

from tocsin.core.risk import Risk, Verdict
from tocsin.core.runbook import Language, Statement, Where
from tocsin.core.tool import Tool
from tocsin.running.allow.catalogue import Catalogue
from tocsin.running.allow.curl import call_of
from tocsin.running.allow.examples import broken
from tocsin.running.allow.get import HttpGet
from tocsin.running.allow.late import judge_sql
from tocsin.running.allow.plain import plain_words
from tocsin.running.allow.shell import judge_shell

__all__ = ["HttpGet", "judge", "plain_get"]

_LONGEST = 20_000  # characters; nobody can check more before approving it


def judge(
    statement: Statement,
    *,
    bound: frozenset[str] = frozenset(),
    own: tuple[Tool, ...] = (),
    dialect: str = "postgres",
) -> Verdict:
    """Return what we think of one statement.

    Args:
        statement: As the runbook has it.
        bound: Names of environment variables that will have a value.
        own: Commands that the team has added to the catalogue.
        dialect: Of SQL: the kind of the target that it would run on.
    """
    try:
        return _placed(statement, _judged(statement, bound, Catalogue(own), dialect))
    except Exception as error:  # noqa: BLE001  # fail closed: what we cannot judge waits
        why = f"it could not be judged ({type(error).__name__})"
        return Verdict(risk=Risk.CHANGE, why=(why,))


def _judged(
    statement: Statement, bound: frozenset[str], catalogue: Catalogue, dialect: str
) -> Verdict:
    if broken():
        why = "the catalogue's own examples are judged otherwise than it says"
        return Verdict(risk=Risk.CHANGE, why=(why,))
    if len(statement.text) > _LONGEST:
        return Verdict(risk=Risk.CHANGE, why=("it is too long to be judged",))
    if statement.language is Language.SQL:
        return judge_sql(statement.text, dialect)
    if statement.language is Language.PROMQL:
        return _judge_promql(statement.text)
    if statement.language is Language.BASH:
        return judge_shell(statement.text, bound, catalogue)
    return Verdict(risk=Risk.CHANGE, why=("this kind of statement is not known",))


def _placed(statement: Statement, verdict: Verdict) -> Verdict:
    """Return the verdict as it is where the statement is written into something else."""
    if statement.where is Where.FILE:
        return Verdict(risk=Risk.MANUAL, why=("it is a setting to write into a file",))
    if statement.where is Where.INSIDE:
        why = "it is typed into what an earlier line opens"
        return Verdict(risk=verdict.risk, why=(why, *verdict.why))
    if statement.guard:
        why = f"the runbook asks for care: {statement.guard}"
        return Verdict(risk=verdict.risk, why=(why, *verdict.why))
    return verdict


def _judge_promql(text: str) -> Verdict:
    try:
        promql_parser.parse(text)
    except ValueError:
        return Verdict(risk=Risk.MANUAL, why=("it is not valid PromQL",))
    return Verdict(risk=Risk.READ, auto=True, why=("a query only looks",))


def plain_get(text: str) -> HttpGet | None:
    """Return the request of a curl statement that is one plain GET or HEAD, or None.

    Only where nothing but curl is run, every word is written out, and no option asks for
    what only curl itself can do.
    """
    words = plain_words(text)
    if not words or words[0] != "curl":
        return None
    call = call_of(words[1:])
    if call.refused or call.shapes or call.discards or len(call.urls) != 1:
        return None
    url = call.urls[0] if "://" in call.urls[0] else f"http://{call.urls[0]}"
    return HttpGet(url=url, method=call.method, headers=tuple(call.headers), fail=call.fail)
