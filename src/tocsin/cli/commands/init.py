"""`tocsin init`: a first tocsin.toml, with comments."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.core.errors import Conflict
from tocsin.settings import STARTER


@click.command("init")
@click.argument("directory", default=".", type=click.Path(path_type=Path, file_okay=False))
def command(directory: Path) -> None:
    """Write a commented tocsin.toml into DIRECTORY (default: here). Overwrites nothing.

    \b
    Exit status: 0 written, 5 there is one already.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "tocsin.toml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER)
    except FileExistsError:
        raise Conflict(
            "init.exists", f"{path} exists already.", hint="Edit it, or choose another folder."
        ) from None
    click.echo(f"Wrote {path}.", err=True)
    click.echo(
        "Next: name your runbook in it, then `tocsin doctor`, `tocsin user add NAME`, "
        "`tocsin serve`.",
        err=True,
    )
