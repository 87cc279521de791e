"""What is done about it: which statements run unattended, which wait, what a person does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from tocsin.core.run import Command, RunState, StepRun
from tocsin.core.runbook import Language, Phase, Statement, Step
from tocsin.reading.anchors import plain
from tocsin.reading.extract.constraints import sentences_of
from tocsin.reading.plan.case import Case
from tocsin.reading.plan.entries import Actor, Chapter, Entry, Kind, Run
from tocsin.reading.plan.wording import sentences

BY_ITSELF = "runs by itself"
_LONGEST_NOTE = 300  # characters; the whole stands in the document
_IF = re.compile(r"(if|when|unless|while|once|in case)\b", re.IGNORECASE)
_HEADING = re.compile(r"#+\s+([^\n]*)\n?")
_COMMENT = re.compile(r"^\s*(?:#+|//|--)\s+(?:-\s+)?")
_HELD = {
    Phase.VERIFY: BY_ITSELF,
    Phase.MITIGATE: "runs by itself, once the change before it has succeeded",
}
_WORK = (Phase.INVESTIGATE, Phase.MITIGATE)


def forbidden(case: Case) -> list[Entry]:
    """Return what the playbook forbids."""
    return [
        Entry(
            chapter=Chapter.AT_ONCE,
            kind=Kind.FORBIDDEN,
            by=Actor.PERSON,
            at=timedelta(),
            text=constraint.text,
            line=constraint.line,
        )
        for constraint in case.playbook.constraints
    ]


def looks(case: Case) -> list[Entry]:
    """Return the steps of which statements run at once, without anybody being asked."""
    return [
        entry
        for step, runs in _steps(case, _WORK)
        if (entry := _looking(case, step, runs)) is not None
    ]


def _looking(case: Case, step: Step, runs: list[Run]) -> Entry | None:
    at_once = tuple(run for run in runs if run.state is RunState.READY)
    if not at_once:
        return None
    left = len(at_once) < len(runs)  # the rest of the step stands further down, with its text
    return Entry(
        chapter=Chapter.AT_ONCE,
        kind=Kind.LOOK,
        at=timedelta(),
        text=step.title,
        line=step.line,
        detail=() if left else _detail(case, step),
        runs=at_once,
    )


def symptoms(case: Case) -> list[Entry]:
    """Return the symptoms as things to confirm."""
    playbook = case.playbook
    pairs = zip(playbook.symptom_texts, playbook.symptoms, strict=False)
    return [
        Entry(
            chapter=Chapter.SYMPTOMS,
            kind=Kind.SYMPTOM,
            by=Actor.PERSON,
            text=text,
            line=line,
        )
        for text, line in pairs
    ]


def notes(case: Case) -> list[Entry]:
    """Return the prose of the playbook that is in no step; what only leads on to others is none."""
    return [
        Entry(
            chapter=Chapter.NOTES,
            kind=Kind.NOTE,
            by=Actor.PERSON,
            text=told,
            line=passage.start,
        )
        for passage in case.playbook.notes
        if (told := _note(passage.text))
    ]


def _note(text: str) -> str:
    """Return a passage on one line, shortened; nothing where it is only a title."""
    titled = _HEADING.match(text)
    title = f"{plain(titled[1]).rstrip(':')}: " if titled else ""
    told = _run_on(sentences(text[titled.end() :] if titled else text))
    if not told or (told.endswith(":") and "\n" not in text):
        return ""
    whole = title + told
    return whole if len(whole) <= _LONGEST_NOTE else f"{whole[: _LONGEST_NOTE - 1]}…"


def _run_on(told: tuple[str, ...]) -> str:
    """Return lines as one, bullets parted from each other."""
    parted = [line if line[-1] in ".:!?;," else f"{line};" for line in told]
    return " ".join(parted).removesuffix(";")


def steps(case: Case, phases: tuple[Phase, ...], chapter: Chapter) -> list[Entry]:
    """Return the steps of some phases that are not done at once, in the playbook's order."""
    return [
        entry
        for step, runs in _steps(case, phases)
        if (entry := _waiting(case, step, runs, chapter)) is not None
    ]


def work(case: Case) -> list[Entry]:
    """Return the steps with something that waits for a person."""
    return steps(case, _WORK, Chapter.PEOPLE)


def _waiting(case: Case, step: Step, runs: list[Run], chapter: Chapter) -> Entry | None:
    left = tuple(run for run in runs if run.state is not RunState.READY)
    if runs and not left:
        return None
    if not runs and step.title in case.forbidden:
        return None  # it says what not to do: told already
    held = bool(left) and all(run.state is RunState.HELD for run in left)
    return Entry(
        chapter=chapter,
        kind=Kind.LOOK if held else Kind.STEP,
        by=Actor.TOCSIN if held else Actor.PERSON,
        text=step.title,
        line=step.line,
        detail=_detail(case, step),
        runs=left,
    )


def _steps(case: Case, phases: tuple[Phase, ...]) -> Iterator[tuple[Step, list[Run]]]:
    """Yield each step of these phases with what becomes of its statements.

    A step without any has one step run of its own: to be ticked.
    """
    planned = iter(case.duty.step_runs)
    for step in case.playbook.steps:
        runs = [_run(case, next(planned), statement, step.title) for statement in step.statements]
        if not runs:
            next(planned)
        if step.phase in phases:
            yield step, runs


def _run(case: Case, planned: StepRun, statement: Statement, title: str) -> Run:
    command = planned.command
    text = command.text if command else statement.text
    return Run(
        line=planned.start,
        state=planned.state,
        then=_then(planned),
        text=text,
        language=command.language if command else statement.language,
        written=statement.text if text != statement.text else "",
        target=_target(case, command),
        label="" if statement.label == title else statement.label,
        why=_why(planned),
        alternative=statement.alternative,
    )


def _why(planned: StepRun) -> tuple[str, ...]:
    """Return the reasons; where it cannot run at all, nothing else matters."""
    if not planned.said:
        return planned.why
    return (planned.said,) if planned.command is None else (planned.said, *planned.why)


def _target(case: Case, command: Command | None) -> str:
    """Return where a statement runs; nothing where nobody is bound, or Tocsin asks by itself."""
    if command is None or not case.duty.bound or command.language is Language.HTTP:
        return ""
    return command.target


def _then(planned: StepRun) -> str:
    if planned.state is RunState.HELD:
        return _HELD.get(planned.phase, "runs when you ask for it")
    if planned.state is RunState.WAITING and planned.unbound:
        return "waits for a value"
    return {
        RunState.READY: BY_ITSELF,
        RunState.WAITING: "waits for your approval",
    }.get(planned.state, "yours to run")


def _detail(case: Case, step: Step) -> tuple[str, ...]:
    """Return what else a step says: its condition, its prose and bullets, nothing twice."""
    told = {statement.text for statement in step.statements}
    lines = [_without_forbidden(case, _behind(step.title, line)) for line in sentences(step.text)]
    lines += _code(case, step)
    new = dict.fromkeys(each for each in lines if each not in told)
    return tuple(filter(None, (_choice(case, step), _condition(step), *new)))


def _choice(case: Case, step: Step) -> str:
    return f"one of {len(case.options)}: choose one" if step.line in case.options else ""


def _behind(title: str, line: str) -> str:
    """Return what a line says that the title has not said."""
    return line.removeprefix(title).lstrip(" :.…–-") if line.startswith(title) else line


def _without_forbidden(case: Case, line: str) -> str:
    return " ".join(each for each in sentences_of(line) if each not in case.forbidden)


def _code(case: Case, step: Step) -> list[str]:
    """Return what a step has in fences that nothing can be run of: to be read, or done by hand."""
    blocks = case.unrunnable.get(step.line, [])
    return [_COMMENT.sub("", line).strip() for block in blocks for line in block.text.split("\n")]


def _condition(step: Step) -> str:
    if not step.condition or step.condition in step.title:
        return ""
    return f"only {step.condition}" if _IF.match(step.condition) else step.condition
