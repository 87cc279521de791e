"""`tocsin read`: what the reader makes of a runbook, before anybody depends on it."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.cli.output import say, say_json, tell, visible, visible_lines
from tocsin.cli.overview import overview
from tocsin.core.errors import Problem
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
            tell(f"{visible(file)}: cannot be read: {error.strerror or error}.")
        except Problem as problem:
            tell(visible_lines(f"{file}: {problem.message}\n{problem.hint}".rstrip()))
    if as_json:
        documents = [as_truth(runbook, judge) for runbook in runbooks]
        say_json({"documents": documents})
    else:
        for runbook in runbooks:
            for line in overview(runbook):
                say(line)
    ctx.exit(0 if len(runbooks) == len(files) else _UNREAD)
