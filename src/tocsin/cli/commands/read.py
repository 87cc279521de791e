"""`tocsin read`: what the reader makes of a runbook, before anybody depends on it."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.cli.files import read_each
from tocsin.cli.judging import judge_of, with_workspace
from tocsin.cli.output import say, say_json
from tocsin.cli.overview import overview
from tocsin.reading.runbook import read_runbook
from tocsin.reading.wire import as_truth

_UNREAD = 2


@click.command("read")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, every fact with its line.")
@with_workspace
@click.pass_context
def command(
    ctx: click.Context, files: tuple[Path, ...], as_json: bool, directory: Path | None
) -> None:
    """Read runbooks and say what they hold: playbooks, steps, what would run by itself.

    Runs nothing and changes nothing.

    Exit status: 0 all were read, 2 a file could not be read (the others are printed).
    """
    runbooks = list(read_each(files, lambda file, raw: (file, read_runbook(str(file), raw))))
    if as_json:
        documents = [as_truth(runbook, judge_of(directory, file)) for file, runbook in runbooks]
        say_json({"documents": documents})
    else:
        for file, runbook in runbooks:
            for line in overview(runbook, judge_of(directory, file)):
                say(line)
    ctx.exit(0 if len(runbooks) == len(files) else _UNREAD)
