"""`tocsin doctor`: what works here, what does not, and how to mend it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from tocsin.bootstrap.doctor import Diagnosis, examine
from tocsin.bootstrap.workspace import load_workspace
from tocsin.cli.options import in_workspace

_ILL = 3


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_workspace
@click.pass_context
def command(ctx: click.Context, as_json: bool, directory: Path) -> None:
    """Look at the database, the sandbox, runbooks, secrets, channels and targets.

    Exit status: 0 all of it works, 3 something does not, 2 the configuration is wrong.
    """
    workspace = load_workspace(directory)
    found = []
    for diagnosis in examine(workspace):
        found.append(diagnosis)
        if not as_json:
            _print(diagnosis)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2))
    ctx.exit(0 if all(each.works for each in found) else _ILL)


def _print(diagnosis: Diagnosis) -> None:
    mark = (
        click.style("✔ works ", fg="green") if diagnosis.works else click.style("✘ broken", "red")
    )
    click.echo(f"{mark}  {diagnosis.what}: {diagnosis.said}")
    if diagnosis.hint:
        click.echo(f"           {diagnosis.hint}")
