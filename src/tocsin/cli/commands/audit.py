"""`tocsin audit`: is the record what was written? Works on the database itself, no server."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tocsin.bootstrap.record import open_record, outside
from tocsin.bootstrap.workspace import load_workspace
from tocsin.cli.options import in_workspace
from tocsin.cli.output import say, say_json, visible
from tocsin.core.ids import IncidentId
from tocsin.core.timeline import HOUSE, Entry
from tocsin.records.verify import Verdict, verify

_TOUCHED = 3
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("audit")
def command() -> None:
    """Say whether the record was touched, and what is in it."""


@command.command("verify")
@click.option(
    "--checkpoints",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Checkpoints kept elsewhere; else those of checkpoint_file.",
)
@_json
@in_workspace
@click.pass_context
def verify_command(ctx: click.Context, file: Path | None, as_json: bool, directory: Path) -> None:
    """Look for entries, approvals and outputs that were edited, deleted, reordered or cut off.

    Exit status: 0 the record is what was written, 3 it was touched, 4 there is no database,
    7 it cannot be read.
    """
    workspace = load_workspace(directory)
    kept = outside(workspace, file)
    with open_record(workspace).look() as tx:
        verdict = verify(tx, kept)
    if as_json:
        say_json(_as_json(verdict))
    else:
        _print(verdict)
    ctx.exit(_TOUCHED if verdict.wrong else 0)


def _as_json(verdict: Verdict) -> dict[str, Any]:
    held = asdict(verdict)
    held["covered_at"] = verdict.covered_at and verdict.covered_at.isoformat()
    return held


def _print(verdict: Verdict) -> None:
    for each in verdict.wrong:
        say(f"{click.style('touched', fg='red')}  {visible(each.where)}: {visible(each.said)}")
    if not verdict.wrong:
        say(click.style("whole", fg="green") + "  Nothing was edited, deleted, reordered or cut.")
    say(f"{verdict.entries} entries in {verdict.chains} chains, {verdict.checkpoints} checkpoints.")
    say(_coverage(verdict))
    if not verdict.outside:
        say(
            "No checkpoints from outside were compared: whoever can write the database could have"
            " computed all of it anew. Set checkpoint_file in tocsin.toml, or name --checkpoints."
        )


def _coverage(verdict: Verdict) -> str:
    if not verdict.uncovered:
        return "All of it is covered by checkpoints."
    since = f"since {verdict.covered_at:%Y-%m-%d %H:%M:%S} UTC" if verdict.covered_at else "at all"
    return f"{verdict.uncovered} entries are not covered yet: nothing vouches for them {since}."


@command.command("show")
@click.option("--incident", type=click.IntRange(min=1), help="Of this one.")
@in_workspace
def show(incident: int | None, directory: Path) -> None:
    """Show what belongs to no incident: logins, people, the server; or one incident's entries.

    Exit status: 0 shown, 4 there is no database, 7 it cannot be read.
    """
    with open_record(load_workspace(directory)).look() as tx:
        entries = tx.audit.chain(IncidentId(incident) if incident else HOUSE)
    for each in entries:
        at = f"{each.at:%Y-%m-%d %H:%M:%S}"
        say(f"{each.seq:5}  {at}  {visible(each.actor):12}  {each.kind:8}  {visible(each.text)}")


@command.command("export")
@in_workspace
def export(directory: Path) -> None:
    """Print the whole record, one entry per line of JSON, chain by chain.

    Exit status: 0 printed, 4 there is no database, 7 it cannot be read.
    """
    with open_record(load_workspace(directory)).look() as tx:
        for chain in sorted(tx.audit.lengths()):
            for each in tx.audit.chain(chain):
                say(json.dumps(_written(each)))


def _written(entry: Entry) -> dict[str, Any]:
    return {**asdict(entry), "at": entry.at.isoformat(), "kind": entry.kind.value}
