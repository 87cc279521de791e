"""`tocsin init`: a first tocsin.toml, with comments."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.cli.output import say_json, tell, visible
from tocsin.core.errors import Conflict, Unavailable
from tocsin.settings import STARTER


@click.command("init")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.argument("directory", default=".", type=click.Path(path_type=Path, file_okay=False))
def command(as_json: bool, directory: Path) -> None:
    """Write a commented tocsin.toml into DIRECTORY (default: here). Overwrites nothing.

    Exit status: 0 written, 5 there is one already, 7 the folder cannot be written.
    """
    path = directory / "tocsin.toml"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER)
    except FileExistsError:
        raise Conflict(
            "init.exists", f"{path} exists already.", hint="Edit it, or choose another folder."
        ) from None
    except OSError as error:
        raise Unavailable(
            "init.folder",
            f"{path} cannot be written: {error.strerror}.",
            hint="Choose a folder that you may write.",
        ) from None
    tell(f"Wrote {visible(path)}.")
    tell("Next: name your runbooks in it, then")
    for step in ("tocsin doctor", "tocsin user add me", "tocsin serve"):
        tell(f"  {step}")
    if as_json:
        say_json({"path": str(path)})
