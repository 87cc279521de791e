"""`tocsin check`: look at our own checks once, now, without a server."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import click

from tocsin.bootstrap.checks import probes
from tocsin.bootstrap.secrets import Secrets
from tocsin.bootstrap.workspace import load_workspace
from tocsin.cli.options import in_workspace
from tocsin.core.errors import NotFound, Problem
from tocsin.core.times import write_duration
from tocsin.core.workspace import Check, Workspace
from tocsin.watch.look import Result, look_once

_UNHEALTHY = 3
_WRONG = 2


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--verbose", is_flag=True, help="Show figures, durations and options too.")
@click.option("--only", metavar="NAME", multiple=True, help="Look at this check only; repeatable.")
@in_workspace
@click.pass_context
def command(
    ctx: click.Context, as_json: bool, verbose: bool, only: tuple[str, ...], directory: Path
) -> None:
    """Run the checks of tocsin.toml once and say how they stand, what is wrong first.

    Needs no server, and fires no alert.

    Exit status: 0 healthy, 3 unhealthy, 2 configuration wrong or no such check.
    """
    try:
        workspace = load_workspace(directory)
        checks = _chosen(workspace, only)
        results = look_once(checks, probes(workspace, Secrets(workspace).value))
    except Problem as problem:
        click.echo(f"{problem.message}\n{problem.hint}".rstrip(), err=True)
        ctx.exit(_WRONG)
    if as_json:
        click.echo(json.dumps(as_value(results), indent=2))
    else:
        _print(results, verbose=verbose)
    ctx.exit(0 if all(result.healthy for result in results) else _UNHEALTHY)


def _chosen(workspace: Workspace, only: Sequence[str]) -> list[Check]:
    known = [check.name for check in workspace.checks]
    for name in only:
        if name not in known:
            raise NotFound(
                "check",
                f"There is no check {name!r} in tocsin.toml.",
                hint=f"There are: {', '.join(known)}." if known else "There are none at all.",
            )
    return [check for check in workspace.checks if not only or check.name in only]


def as_value(results: Sequence[Result]) -> dict[str, object]:
    """Return what `--json` prints."""
    healthy = all(result.healthy for result in results)
    return {
        "overall_status": _word(healthy),
        "checks": [
            {
                "name": result.check.name,
                "kind": result.check.kind.value,
                "status": _word(result.healthy),
                "said": result.said,
                "figure": result.reading.figure,
                "unit": result.reading.unit,
                "duration_s": round(result.reading.took.total_seconds(), 4),
            }
            for result in results
        ],
    }


def _word(healthy: bool) -> str:
    return "healthy" if healthy else "unhealthy"


def _print(results: Sequence[Result], *, verbose: bool) -> None:
    if not results:
        click.echo("There are no checks in tocsin.toml.", err=True)
    plain = False if os.environ.get("NO_COLOR") else None  # None: colour on a terminal only
    width = max((len(_shown(result.check.name)) for result in results), default=0)
    for result in sorted(results, key=lambda result: result.healthy):
        click.echo(_line(result, width), color=plain)
        if verbose:
            click.echo("".join(f"      {row}\n" for row in _details(result)), nl=False)


def _line(result: Result, width: int) -> str:
    symbol, colour = ("✓", "green") if result.healthy else ("✗", "red")
    status = click.style(f"{symbol} {_word(result.healthy):<9}", fg=colour)
    return f"{status}  {_shown(result.check.name):<{width}}  {_shown(result.said)}"


def _details(result: Result) -> list[str]:
    check, reading = result.check, result.reading
    rows = [f"kind {check.kind}, alert {_shown(check.alert)}"]
    if reading.figure is not None:
        rows.append(f"figure {reading.figure:g} {_shown(reading.unit)}".rstrip())
    rows.append(f"took {reading.took.total_seconds() * 1000:.0f} ms")
    rows.append(f"every {write_duration(check.interval)}, {_when_firing(check)}")
    own = {name: value for name, value in check.options.items() if not name.startswith("_")}
    return rows + [f"{_shown(name)} = {_shown(repr(value))}" for name, value in own.items()]


def _when_firing(check: Check) -> str:
    recovers = f"recovers after {check.recover_after}"
    if check.fire_after_duration is not None:
        return f"fires after {write_duration(check.fire_after_duration)}, {recovers}"
    return f"fires after {check.fire_after} in a row, {recovers}"


def _shown(text: str) -> str:
    """Return text that may come from anywhere without what a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)
