"""How a plan looks in a terminal: wrapped to its width, the document's line at the right edge."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from tocsin.cli.output import Paint, columns, left, painted, plain, right, visible, wrapped
from tocsin.core.run import RunState
from tocsin.core.runbook import Language
from tocsin.core.times import write_duration
from tocsin.reading.plan.compose import essence, whom
from tocsin.reading.plan.entries import Chapter, Entry, Kind, Plan, Run, Section, Source
from tocsin.reading.plan.shown import changed, reasons, sentence

_BOLD, _DIM = painted(bold=True), painted(dim=True)
_SIGNS: dict[Kind, tuple[str, Paint]] = {
    Kind.ALERT: ("!", painted(fg="red", bold=True)),
    Kind.INCIDENT: ("·", _DIM),
    Kind.FORBIDDEN: ("✗", painted(fg="red", bold=True)),
    Kind.PAGE: ("→", painted(fg="magenta", bold=True)),
    Kind.LOOK: ("▷", painted(fg="cyan")),
    Kind.STEP: ("□", painted(fg="yellow")),
    Kind.DEADLINE: ("≤", painted(fg="yellow")),
    Kind.MESSAGE: ("»", painted(fg="yellow")),
    Kind.SYMPTOM: ("◦", _DIM),
    Kind.NOTE: ("¶", _DIM),
    Kind.CONDITION: ("◇", painted(fg="yellow")),
    Kind.WATCH: ("·", painted(fg="cyan")),
    Kind.REVIEW: ("·", painted(fg="cyan")),
}
_WAITS = ("?", painted(fg="yellow", bold=True))
_PROMPT = {Language.BASH: "$ ", Language.SQL: "sql> ", Language.PROMQL: "promql> "}
_TIMED = (Chapter.AT_ONCE, Chapter.CLOCKS)
_CLOCK = 8  # columns of a time
_SHORT = {Source.RUNBOOK: "", Source.WORKSPACE: "toml", Source.PRODUCT: "tocsin"}
_LINE = 7  # columns of a line number, with the space before it


def lines(plan: Plan, *, told: Collection[str] = ()) -> Iterator[str]:
    """Yield the plan as lines for a terminal, without the remarks that were `told` before."""
    width = columns()
    yield from _head(plan, told, width)
    for section in plan.sections:
        yield ""
        yield _BOLD(left(section.title, width - 4)) + _DIM("line")
        if section.said:
            yield from map(_DIM, _indented(section.said, "", width))
        yield from _section(section, width)


def _head(plan: Plan, told: Collection[str], width: int) -> Iterator[str]:
    severity = f" · {plan.severity}" if plan.severity else ""
    yield from map(_BOLD, wrapped(f"{plan.heading}{severity}", width))
    service = f", service {plan.service} of tocsin.toml" if plan.service else ""
    yield from map(_DIM, wrapped(f"{plan.file}, line {plan.line}{service}", width))
    yield from _indented(f"{essence(plan)}. {whom(plan)}".rstrip(), "", width)
    for remark in [each for each in plan.remarks if each not in told]:
        yield ""
        yield from map(_SIGNS[Kind.STEP][1], _indented(remark, "", width))


def _indented(text: str, indent: str, width: int) -> list[str]:
    return [indent + line for line in wrapped(text, width - len(indent))]


def _section(section: Section, width: int) -> Iterator[str]:
    timed = section.chapter in _TIMED
    before = ""
    for entry in section.entries:
        clock = write_duration(entry.at) if timed and entry.at is not None else ""
        clock = "now" if clock == "0s" else clock
        yield from _entry(entry, clock if clock != before else "", _CLOCK if timed else 2, width)
        before = clock


def _entry(entry: Entry, clock: str, indent: int, width: int) -> Iterator[str]:
    waits = any(run.state is RunState.WAITING for run in entry.runs)
    sign, paint = _WAITS if waits else _SIGNS[entry.kind]
    told = wrapped(sentence(entry), width - indent - 2 - _LINE)
    colour = paint if entry.kind in (Kind.FORBIDDEN, Kind.ALERT) else plain
    begin = _BOLD(left(right(clock, indent - 2), indent)) + f"{paint(sign)} "
    yield begin + _referring(told[0], _reference(entry), width - indent - 2, colour)
    deeper = " " * (indent + 2)
    yield from (deeper + colour(line) for line in told[1:])
    for line in entry.detail:
        yield from _bullet(line, deeper, width)
    yield from _runs(entry.runs, deeper, width)


def _referring(text: str, reference: str, width: int, paint: Paint = plain) -> str:
    """Return text with its reference at the right edge of `width` columns."""
    if not reference:
        return paint(text)
    return paint(left(text, width - _LINE)) + _DIM(right(reference, _LINE))


def _reference(entry: Entry) -> str:
    return str(entry.line) if entry.line else _SHORT[entry.source]


def _bullet(text: str, indent: str, width: int) -> Iterator[str]:
    first, *rest = wrapped(text, width - len(indent) - 2 - _LINE)
    yield f"{indent}{_DIM('–')} {first}"
    yield from (f"{indent}  {line}" for line in rest)


def _runs(runs: Sequence[Run], indent: str, width: int) -> Iterator[str]:
    """Yield statements, those that share a fate and its reasons under one sentence."""
    for said, group in groupby(runs, key=reasons):
        for run in group:
            yield from _run(run, indent, width)
        if said:
            yield from map(_DIM, _indented(said, f"{indent}  ", width - _LINE))


def _run(run: Run, indent: str, width: int) -> Iterator[str]:
    if run.alternative:
        yield f"{indent}{_DIM('or, instead:')}"
    if run.label:
        yield from map(_DIM, _indented(f"# {run.label}", indent, width - _LINE))
    prompt = _PROMPT.get(run.language, "")
    yield from _code(run.text, prompt, indent, width, str(run.line))
    if run.written:
        yield from map(_DIM, _code(changed(run), "written: ", f"{indent}  ", width, ""))


def _code(text: str, prompt: str, indent: str, width: int, line: str) -> Iterator[str]:
    """Yield a statement line by line; what is too long goes on below, further in."""
    room = width - len(indent) - len(prompt) - _LINE
    begin = prompt
    for written in text.split("\n"):
        for piece in wrapped(written.expandtabs(4).rstrip(), room):
            yield _referring(f"{indent}{begin}{piece}", line, width)
            line, begin = "", " " * len(prompt)


def overview(plans: Sequence[Plan]) -> Iterator[str]:
    """Yield what there is to choose from: one playbook after the other, in a few words."""
    width = columns()
    for plan in plans:
        severity = f" · {plan.severity}" if plan.severity else ""
        first, *rest = wrapped(f"{plan.heading}{severity}", width - _LINE)
        yield _referring(first, str(plan.line), width, _BOLD)
        yield from map(_BOLD, rest)
        yield f"  #{visible(plan.anchor)}"
        yield from map(_DIM, _indented(f"{essence(plan)}.", "  ", width))
