"""Runbooks that nobody meant to write, made from ours, and what must hold for each of them.

`document(number)` is the same bytes for the same number, so that a failure names its document.
`look_at` reads one the way every command does and raises AssertionError where a promise breaks.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st

import runbooks
from tocsin.cli.duty import duty_without
from tocsin.core.errors import Invalid
from tocsin.core.runbook import Runbook
from tocsin.reading.lint.catalogue import rules
from tocsin.reading.lint.document import document_of
from tocsin.reading.lint.library import Library
from tocsin.reading.lint.lint import lint
from tocsin.reading.plan.compose import plan_of
from tocsin.reading.runbook import read_runbook
from tocsin.reading.wire import as_truth
from tocsin.running.risk import judge

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
BULKY_EVERY = 100  # one document in so many is large
BROKEN_EVERY = 12  # one in so many is probably no UTF-8 any more, and refused for it
_BULK_BYTES = 1_000_000  # of one thing
_PLANS = 10  # playbooks of one document that are planned
_REFUSALS = ("runbook.too_large", "runbook.binary")
_TODAY = date(2026, 1, 31)

Found = TypeVar("Found")
Mutation = Callable[[bytes, random.Random], bytes]


# what is looked at


@dataclass(slots=True)
class Look:
    """How one document went: the seconds of the processor per stage; or why it was refused."""

    size: int
    seconds: dict[str, float] = field(default_factory=dict)
    refused: str = ""


def look_at(raw: bytes) -> Look:
    """Read, judge, lint and plan one document.

    Raises:
        AssertionError: A line outside the file, or a problem that is not documented.
        Exception: What no document may cause, as it is.
    """
    look = Look(len(raw))
    last = _line_count(raw)
    try:
        runbook = _timed(look, "read", lambda: read_runbook("hostile.md", raw))
    except Invalid as problem:
        assert problem.code in _REFUSALS, problem.code
        look.refused = problem.code
        return look
    _assert_lines(runbook, last)
    _timed(look, "judge", lambda: as_truth(runbook, judge))
    library = Library(documents=(document_of("hostile.md", raw, judge),), today=_TODAY)
    _assert_lines(_timed(look, "lint", lambda: lint(library, rules())), last)
    _assert_lines(_timed(look, "plan", lambda: _plans(runbook)), last)
    return look


def _timed(look: Look, stage: str, act: Callable[[], Found]) -> Found:
    began = time.process_time()
    found = act()
    look.seconds[stage] = time.process_time() - began
    return found


def _plans(runbook: Runbook) -> object:
    playbooks = runbook.playbooks[:_PLANS]
    return [plan_of(runbook, each, duty_without(runbook, each, "nobody")) for each in playbooks]


def _line_count(raw: bytes) -> int:
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    return max(1, len(text.removesuffix("\n").split("\n")))


def _assert_lines(value: object, last: int) -> None:
    wrong = [(where, line) for where, line in _lines_in(value) if not 1 <= line <= last]
    assert not wrong, f"lines outside 1..{last}: {wrong[:5]}"


def _lines_in(value: object, where: str = "") -> Iterator[tuple[str, int]]:
    """Yield every number of a line in a value, however deep, with the field it stands in."""
    if is_dataclass(value):
        for each in fields(value):
            yield from _lines_in(getattr(value, each.name), f"{type(value).__name__}.{each.name}")
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _lines_in(one, where)
    elif type(value) is int and _names_a_line(where):
        yield where, value


def _names_a_line(where: str) -> bool:
    name = where.partition(".")[2]
    if where == "Runbook.lines":
        return False  # how many there are
    return name in ("start", "end", "symptoms") or name.endswith(("line", "lines"))


# the documents


def document(number: int, *, bulk_bytes: int = 100_000) -> bytes:
    """Return the hostile document of this number; `bulk_bytes` is how much a large one has."""
    choose = random.Random(number)
    raw = _ours(number)
    if number % BULKY_EVERY == 0:
        bulk = _BULKS[number // BULKY_EVERY % len(_BULKS)]
        raw = raw[: choose.randrange(len(raw))] + b"\n\n" + bulk(choose)[:bulk_bytes]
    for _ in range(choose.randint(1, 4)):
        raw = choose.choice(_MUTATIONS)(raw, choose)
    if number % BROKEN_EVERY == 1:
        raw = choose.choice(_BREAKING)(raw, choose)
    return raw


@cache
def _examples() -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(EXAMPLES.rglob("*.md")))


def _ours(number: int) -> bytes:
    examples = _examples()
    if number % 4 == 0:
        return examples[number // 4 % len(examples)]
    return runbooks.document(2_500 + number % 5 * 1_000, seed=number % 97).encode()


# mutations: what happens to files, editors, converters and people


def _cut(raw: bytes, choose: random.Random) -> bytes:
    return raw[: choose.randrange(len(raw) + 1)]


def _hole(raw: bytes, choose: random.Random) -> bytes:
    first, last = sorted(choose.choices(range(len(raw) + 1), k=2))
    return raw[:first] + raw[min(last, first + 2000) :]


def _spliced(raw: bytes, choose: random.Random) -> bytes:
    other = _ours(choose.randrange(10_000))
    return raw[: choose.randrange(len(raw) + 1)] + other[choose.randrange(len(other)) :]


def _by_line(change: Callable[[list[bytes], random.Random], None]) -> Mutation:
    def mutation(raw: bytes, choose: random.Random) -> bytes:
        lines = raw.split(b"\n")
        change(lines, choose)
        return b"\n".join(lines)

    return mutation


def _double(lines: list[bytes], choose: random.Random) -> None:
    for _ in range(choose.randint(1, 20)):
        at = choose.randrange(len(lines))
        lines[at:at] = lines[at : at + choose.randint(1, 9)] * choose.randint(1, 9)


def _shuffle(lines: list[bytes], choose: random.Random) -> None:
    at = choose.randrange(len(lines))
    some = lines[at : at + 30]
    choose.shuffle(some)
    lines[at : at + 30] = some


def _join(lines: list[bytes], choose: random.Random) -> None:
    at = choose.randrange(len(lines))
    lines[at : at + 40] = [b" ".join(lines[at : at + choose.randint(2, 40)])]


def _indent(lines: list[bytes], choose: random.Random) -> None:
    for _ in range(choose.randint(1, 60)):
        at = choose.randrange(len(lines))
        lines[at] = choose.choice((b" ", b"   ", b"\t", b"        ", b" " * 400)) + lines[at]


def _unclose(lines: list[bytes], choose: random.Random) -> None:
    fences = [at for at, line in enumerate(lines) if line.strip()[:3] in (b"```", b"~~~")]
    for at in choose.sample(fences, min(len(fences), choose.randint(1, 3))):
        lines[at] = choose.choice((b"", b"````", b"~~~", b"```sql", b"```console", b"```markdown"))


def _wrap(lines: list[bytes], choose: random.Random) -> None:
    around = choose.choice((b"> ", b"- ", b"1. ", b"| ", b"# ", b"###### ", b"**", b"<!-- ", b"$ "))
    at = choose.randrange(len(lines))
    for row in range(at, min(len(lines), at + choose.randint(1, 80))):
        lines[row] = around + lines[row]


def _end_oddly(lines: list[bytes], choose: random.Random) -> None:
    for _ in range(choose.randint(1, 40)):
        at = choose.randrange(len(lines))
        lines[at] += choose.choice((b"\r", b"\r\r", b"\\", b"  ", b"\x0b", b"\x0c", b"\xc2\x85"))


def _dropped_in(pieces: Callable[[random.Random], bytes]) -> Mutation:
    def mutation(raw: bytes, choose: random.Random) -> bytes:
        for _ in range(choose.randint(1, 12)):
            at = choose.randrange(len(raw) + 1)
            raw = raw[:at] + pieces(choose) + raw[at:]
        return raw

    return mutation


def _noise(choose: random.Random) -> bytes:
    return choose.choice((b"\0", choose.randbytes(choose.randint(1, 8))))


_CHARACTERS = (
    "\ufeff", "\u202e", "\u202d", "\u2066", "\u200f", "\u200b", "\u0301", "\u2028", "\x1b[2J",
    "ðŸ”´", "â€™", "Ã©", "\N{LARGE RED CIRCLE}", "שלום", "مرحبا", "Ⅷ", "٣", "½", "²", "\u3000",
    "İ",
)  # fmt: skip


def _characters(choose: random.Random) -> bytes:
    return (choose.choice(_CHARACTERS) * choose.randint(1, 5)).encode()


def _surrogates(choose: random.Random) -> bytes:
    return choose.choice((b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xed\xa0\xbd\xed\xb4\xb4"))


def _marks(choose: random.Random) -> bytes:
    mark = choose.choice(
        ("`", "*", "_", "**", ">", "- ", "* ", "1. ", "#", "|", "[", "](", "!", "<", "<!--", "-->",
         "\\", "$(", "${", "'", '"', "(", "{{", "~", "---\n", "===\n", "```\n", "[ ] ", ";", "&&")
    )  # fmt: skip
    return (mark * choose.choice((1, 2, 3, 4, 7, 60, 500))).encode()


def _figures(choose: random.Random) -> bytes:
    figure = choose.choice(
        ("9" * 400, "0", "-1", "1e999", "٣", "²", "99999999999", "0.0000000000001", "1,2,3", "1..2")
    )
    unit = choose.choice((" minutes", "%", "h", " days", "s", "", "+ jobs", " ms", "w"))
    return f" {figure}{unit} ".encode()


_MUTATIONS: tuple[Mutation, ...] = (
    _cut,
    _hole,
    _spliced,
    *map(_by_line, (_double, _shuffle, _join, _indent, _unclose, _wrap, _end_oddly)),
    *map(_dropped_in, (_characters, _marks, _figures)),
)
_BREAKING: tuple[Mutation, ...] = tuple(map(_dropped_in, (_noise, _surrogates)))


# bulks: much of one thing


def _rows(choose: random.Random) -> bytes:
    width = choose.choice((2, 3, 50, 3000))
    head = b"|" + b" Severity |" * width + b"\n|" + b"-|" * width + b"\n"
    return head + (b"|" + b" P1 [x](#y) |" * width + b"\n") * (_BULK_BYTES // (13 * width))


def _repeated(*texts: str) -> Callable[[random.Random], bytes]:
    def bulk(choose: random.Random) -> bytes:
        raw = choose.choice(texts).encode()
        return raw * (_BULK_BYTES // len(raw))

    return bulk


def _stairs(choose: random.Random) -> bytes:
    mark = choose.choice((b"- x\n", b"1. **a:** b\n", b"> x\n", b"```bash\n", b"| a | b |\n"))
    return b"".join(b" " * (2 * depth) + mark for depth in range(500))


def _grown(choose: random.Random) -> bytes:
    return runbooks.document(_BULK_BYTES, seed=choose.randrange(100)).encode()


def _block(choose: random.Random) -> bytes:
    label = choose.choice((b"bash", b"sql", b"promql", b"", b"yaml", b"console"))
    lines = (
        b"SELECT a FROM b;\n",
        b"ls | wc -l\n",
        b"# x\n",
        b"up +\n",
        b"- alert: A\n",
        b"if x\n",
    )
    return b"```" + label + b"\n" + choose.choice(lines) * 50_000


_REPEATED = (
    ("> ", ">" * 10_000 + "\n", "- " * 5_000 + "\n", "> - 1. ", "# ", "\t", " "),
    ("## x\n", "# a\n## b\n### c\n#### d\n", "## P1\n\n- x\n", "x\n===\n", "## AbCd\n\n1. x\n"),
    ("[a](#b) ", "- [a](#b)\n", "[a]: b\n", "![", "[" * 50, "<a@b.c> ", "http://a.test/ "),
    ("`", "`` ` ", "```\n", "````x\n\n## h\n", "```bash\nls\n\n", "~~~\n```\n"),
    ("word ", "w", "word\n", "**", "_a_ ", "*a", "&amp;", "\\", "Severity: P1\n", "\r", "\n"),
    ("```bash\nkubectl get pods\n```\n", "```sql\nSELECT a FROM b;\n```\n", "$ ls\n", "`ls`\n"),
    ("- [ ] restart x\n", "1. Run `df -h`\n", "- **P1:** page x after 5 min\n", "**A:** b\n"),
    ("## A\n\n### Symptoms\n\n- a > 5%\n\n### Fix\n\n```bash\nrm -rf /x\n```\n\n",),
    ("<div>\n", "<!--\n", "<!-- tocsin ignore A: b -->\n", "{{< x >}}\n", "---\n", "a: b\n"),
)
_BULKS = (_rows, _stairs, _grown, _block, *(_repeated(*texts) for texts in _REPEATED))


# documents that hypothesis makes up of what means something to a reader

_LINES = (
    "# Book", "## AbCd", "## A fails", "### Symptoms", "### Investigation", "### Escalation",
    "## Contacts", "## Severity Levels", "**Alert:** `AbCd`", "**Severity:** P1", "**Fix it:**",
    "```", "```bash", "```sql", "```promql", "```yaml", "````markdown", "~~~", "---", "",
    "| a | b |", "|---|---|", "1. **Look**", "   ```bash", "   ```", "- [ ] Restart it",
    "- P0: Response: 5 minutes", "Monitor for 30 minutes", "SELECT 1;", "kubectl get pods",
    "psql <<EOF", "EOF", "$ ls", "# x", "- alert: AbCd", "  expr: up == 0", "  for: 5m",
)  # fmt: skip
_PIECES = (
    "# ", "- ", "* ", "1. ", "- [ ] ", "> ", "    ", "\t", "\r", "|", "**", "*", "`", "<!-- ",
    "-->", "<b>", "[", "](#a)", "\\", "Alert: ", "P1", "SEV-1 ", "after 5 minutes ",
    "page the lead ", "> 5% ", "for 10 m ", "(if down)", "Never ", "Or ", "AbCd", "rm -rf /x",
    "curl -X POST http://a.test", "| tee x", "$(", ")", "'", '"', "$X", "X=<a b>", "rate(x[5m])",
    ":", ";", "&", "{{ x }}", "{{< x >}}", "[name]", "\ufeff", "\u202e", "é",
)  # fmt: skip
_A_LINE = st.lists(st.sampled_from(_PIECES) | st.text(max_size=6), max_size=6).map("".join)
MADE_UP = st.lists(st.sampled_from(_LINES) | _A_LINE, min_size=5, max_size=60).map("\n".join)
