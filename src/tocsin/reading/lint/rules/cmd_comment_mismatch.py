"""CMD-COMMENT-MISMATCH: the command does not do what is written above it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.reading.lint import curls
from tocsin.reading.lint.calls import Call
from tocsin.reading.lint.document import Document
from tocsin.reading.lint.promises import comment_above, label_of, lead_of, promise_of
from tocsin.reading.lint.rule import Hit, Rule, Severity, one_hit, together
from tocsin.reading.lint.services import act_of, known_in
from tocsin.reading.lint.sqls import Sql

_CONSTANT = re.compile(r"^\s*SELECT\b(?!.*\bFROM\b)", re.IGNORECASE | re.DOTALL)
_MISSING_INDEX = re.compile(r"\bmissing ind(ex|ices)", re.IGNORECASE)
_SHOWS_SCANS = re.compile(
    r"seq_scan|seq_tup_read|idx_scan|pg_stat_\w*_tables|pg_stat_\w*_indexes|hypopg|EXPLAIN"
    r"|dm_db_missing_index|sys\.schema_unused|statements_with_full_table_scans|pg_constraint",
    re.IGNORECASE,
)
_KEEPS = re.compile(r"^(?:\d+\.\s*)?(export|preserve|save|archive|dump|back up)\b", re.I)
_WRITES = re.compile(r"\\copy|\bCOPY\b|INTO\s+(OUTFILE|TABLE|\w)|CREATE\s+TABLE|\\o\b", re.I)
_UP = re.compile(r"\b(status|reachab\w*|connectivity|is up|health)\b", re.IGNORECASE)
_API = re.compile(
    r"^https://api\.[^/]+/v\d+/(models|accounts?|charges|customers|users?|messages|me|balance"
    r"|organizations|projects|domains|servers)\b"
)
_LAST = re.compile(r"\blast (\d+) (lines|entries)\b", re.IGNORECASE)
_GENTLY = re.compile(r"\b(graceful\w*|gently|cleanly)\b", re.IGNORECASE)
_HARD = ("-9", "-KILL", "-SIGKILL")
_SAID: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"^(?:\d+\.\s*)?restart\b(?!.*\breload)", re.I), ("reload", "stop")),
    (re.compile(r"^(?:\d+\.\s*)?reload\b(?!.*\brestart)", re.I), ("restart", "stop")),
    (re.compile(r"^(?:\d+\.\s*)?stop\b(?!.*\b(re)?start)", re.I), ("start", "restart")),
    (re.compile(r"^(?:\d+\.\s*)?start\b(?!.*\b(re)?start)", re.I), ("stop",)),
)


def _look(document: Document) -> Iterator[Hit]:
    yield from _queries(document)
    yield from _verbs(document)
    yield from _closed_doors(document)
    for call in document.calls:
        yield from _by_label(document, call)


def _queries(document: Document) -> Iterator[Hit]:
    for sql in document.sqls:
        label = label_of(document, sql.statement)
        lines = together((*label.lines, *range(sql.line, sql.end + (not sql.text.endswith("\n")))))
        if sql.client == "sqlite" and _CONSTANT.match(sql.text):
            message = "SQLite answers this without reading the file: use `PRAGMA quick_check`."
            yield Hit(lines=(sql.line,), message=message)
        elif _seeks_index(label.text, sql):
            yield Hit(lines=lines, message="This query cannot show that an index is missing.")
        elif _only_shows(document, sql):
            yield from _not_kept(document, sql)


def _seeks_index(said: str, sql: Sql) -> bool:
    """Whether a query is to find missing indexes, and looks at nothing that shows one."""
    queries = sql.text.lstrip().upper().startswith(("SELECT", "WITH"))
    return queries and bool(_MISSING_INDEX.search(said)) and not _SHOWS_SCANS.search(sql.text)


def _only_shows(document: Document, sql: Sql) -> bool:
    """Whether the rows go to the screen and nowhere else."""
    if not sql.text.lstrip().upper().startswith("SELECT") or _WRITES.search(sql.text):
        return False
    text = sql.statement.text
    return not sql.client or not (">" in text.rsplit('"', 1)[-1] or " -o" in text or "tee" in text)


def _not_kept(document: Document, sql: Sql) -> Iterator[Hit]:
    label, lead = label_of(document, sql.statement), lead_of(document, sql.line)
    if not _KEEPS.search(label.text):
        return
    above = lead.lines if _KEEPS.search(lead.text) else ()
    message = "Nothing is kept: the rows are only printed. Write them to a file with `\\copy`."
    lines = together((*above, *label.lines, sql.line))
    yield Hit(lines=lines, message=message, severity=Severity.ERROR)


def _verbs(document: Document) -> Iterator[Hit]:
    """Return commands that do another operation on a service than the comment names."""
    for act in filter(None, map(act_of, document.calls)):
        label = comment_above(document, act.call.line)
        if _other(label.text, act.verb):
            message = f"The comment says otherwise: the command does a {act.verb}."
            lines = together((*label.lines, act.call.line))
            yield Hit(lines=lines, message=message, severity=Severity.INFO)
        said, done = known_in(label.text), known_in(" ".join(act.names))
        if len(said) == len(done) == 1 and said != done:
            message = f"The comment speaks of {said.pop()}, the command of {done.pop()}."
            yield Hit(lines=together((*label.lines, act.call.line)), message=message)


def _other(said: str, done: str) -> bool:
    return any(pattern.match(said) and done in verbs for pattern, verbs in _SAID)


def _by_label(document: Document, call: Call) -> Iterator[Hit]:
    """Return a command that shows another number of lines, or is harder, than announced."""
    if call.name in ("kill", "pkill", "killall") and any(word in _HARD for word in call.args):
        label = comment_above(document, call.line)
        if _GENTLY.search(label.text):
            message = "SIGKILL lets nothing finish: there is nothing graceful about it."
            yield Hit(lines=together((*label.lines, call.line)), message=message)
    if call.name in ("tail", "head", "journalctl", "docker", "kubectl"):
        label = comment_above(document, call.line)
        wanted, given = _LAST.search(label.text), call.values("-n", "--lines", "--tail")
        if wanted and given and given[0].isdigit() and given[0] != wanted[1]:
            message = f"The comment says {wanted[1]} lines, the command shows {given[0]}."
            yield Hit(lines=together((*label.lines, call.line)), message=message)


def _closed_doors(document: Document) -> list[Hit]:
    """Return requests without a key to an address that answers 401 to them, well or not."""
    lines = [
        call.line
        for call in document.calls_named("curl")
        if _shut_out(call) and _UP.search(promise_of(document, call.statement).text)
    ]
    message = "Without a key this answers 401 whether the service is well or not."
    return one_hit(lines, message, severity=Severity.INFO)


def _shut_out(call: Call) -> bool:
    return bool(_API.match(curls.address(call))) and not curls.authorized(call)


rule = Rule(
    name="CMD-COMMENT-MISMATCH",
    severity=Severity.WARNING,
    summary="The command does not do what is written above it.",
    look=_look,
)
