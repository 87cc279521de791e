"""`tocsin read`: what the reader makes of a runbook, before anybody depends on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from tocsin.core.errors import Problem
from tocsin.core.risk import Verdict
from tocsin.core.runbook import Passage, Playbook, Runbook, Statement, Step, Threshold
from tocsin.core.times import write_duration
from tocsin.reading.runbook import read_runbook
from tocsin.reading.wire import as_truth
from tocsin.running.risk import judge

_UNREAD = 2


@click.command("read")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, every fact with its line.")
@click.pass_context
def command(ctx: click.Context, files: tuple[str, ...], as_json: bool) -> None:
    """Read runbooks and say what they hold: playbooks, steps, what would run by itself.

    Runs nothing and changes nothing.

    \b
    Exit status: 0 all were read, 2 a file could not be read (the others are printed).
    """
    runbooks = []
    for file in files:
        try:
            runbooks.append(read_runbook(file, Path(file).read_bytes()))
        except OSError as error:
            click.echo(f"{file}: cannot be read: {error.strerror or error}.", err=True)
        except Problem as problem:
            click.echo(f"{file}: {problem.message}\n{problem.hint}".rstrip(), err=True)
    if as_json:
        documents = [as_truth(runbook, judge) for runbook in runbooks]
        click.echo(json.dumps({"documents": documents}, indent=2, ensure_ascii=False))
    else:
        for runbook in runbooks:
            click.echo("\n".join(_overview(runbook)))
    ctx.exit(0 if len(runbooks) == len(files) else _UNREAD)


def _overview(runbook: Runbook) -> Iterator[str]:
    yield _plain(f"{runbook.file}: {runbook.title or 'no title'}")
    yield f"  {_count(runbook)}"
    for playbook in runbook.playbooks:
        yield ""
        yield from _playbook(playbook)
    if runbook.findings:
        yield ""
        yield "  Findings"
    for finding in runbook.findings:
        yield _plain(f"    line {finding.line}: {finding.message} ({finding.code})")
    yield ""
    yield f"  {_understood(runbook)}"
    yield ""


def _understood(runbook: Runbook) -> str:
    """Return how much of the document is more than prose to the reader."""
    share = runbook.understood * 100 // runbook.lines if runbook.lines else 100
    said = f"understood {runbook.understood} of {_many(runbook.lines, 'line')} ({share} %)"
    if not runbook.prose:
        return said
    return f"{said}; left as prose: lines {', '.join(map(_span, runbook.prose))}"


def _span(passage: Passage) -> str:
    one = passage.start == passage.end
    return str(passage.start) if one else f"{passage.start}-{passage.end}"


def _count(runbook: Runbook) -> str:
    statements = _statements(runbook)
    unattended = sum(judge(statement).auto for statement in statements)
    return (
        f"{_many(len(runbook.playbooks), 'playbook')}, "
        f"{_many(len(statements), 'statement')}, {unattended} would run unattended"
    )


def _statements(runbook: Runbook) -> set[Statement]:
    """Return every statement of the blocks, and those the sentences of steps mention."""
    steps = [step for playbook in runbook.playbooks for step in playbook.steps]
    typed = {statement for block in runbook.blocks for statement in block.statements}
    return typed | {statement for step in steps for statement in step.statements}


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _playbook(playbook: Playbook) -> Iterator[str]:
    severity = f"  [{playbook.severity}]" if playbook.severity else ""
    yield _plain(f"  {playbook.heading}{severity}  (line {playbook.line})")
    if playbook.alerts:
        yield _plain(f"    alerts: {', '.join(playbook.alerts)}")
    for threshold in playbook.thresholds:
        yield _plain(f"    threshold: {_threshold(threshold)}  (line {threshold.line})")
    if playbook.soak:
        yield f"    watched for {write_duration(playbook.soak)} before it is resolved"
    for step in playbook.steps:
        yield from _step(step)


def _threshold(threshold: Threshold) -> str:
    value = threshold.value
    shown = f"{value[0]:g}-{value[1]:g}" if isinstance(value, tuple) else _figure(value)
    unit = "" if threshold.unit in ("state", "count") else threshold.unit
    lasting = f" for {write_duration(threshold.lasting)}" if threshold.lasting else ""
    return f"{threshold.metric} {threshold.comparator} {shown}{unit}{lasting}"


def _figure(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _step(step: Step) -> Iterator[str]:
    yield _plain(f"    {step.line:>5}  {step.phase.value:<11}  {step.title}")
    for statement in step.statements:
        yield _plain(f"    {statement.start:>5}    {_said(judge(statement)):<19}{_line(statement)}")


def _said(verdict: Verdict) -> str:
    return f"{verdict.risk.value}, {'by itself' if verdict.auto else 'asks'}"


def _line(statement: Statement) -> str:
    """Return a statement on one line, shortened."""
    text = " ".join(statement.text.split())
    return text if len(text) <= 80 else f"{text[:79]}…"


def _plain(text: str) -> str:
    """Return text that cannot steer a terminal."""
    return "".join(one if one.isprintable() else "�" for one in text)
