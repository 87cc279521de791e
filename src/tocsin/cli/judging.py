"""The judge as a workspace has it: with the commands that its team adds to the catalogue."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import click

from tocsin.core.risk import Verdict
from tocsin.core.runbook import Statement
from tocsin.core.tool import Tool
from tocsin.running.risk import judge

Judge = Callable[[Statement], Verdict]

_FILE = "tocsin.toml"

with_workspace = click.option(
    "--workspace",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where tocsin.toml lies, with commands of your own.  [default: beside the file, or here]",
)
"""Where the workspace is, if there is one; the command takes it as `directory`."""


def judge_of(directory: Path | None, file: Path | None = None) -> Judge:
    """Return the judge for one runbook, or for what is asked here.

    Raises:
        Invalid("settings.missing"): There is no workspace in the folder that was named.
        Invalid("settings"): The workspace found has mistakes.
    """
    return partial(judge, own=own_commands(directory, file))


def own_commands(directory: Path | None, file: Path | None = None) -> tuple[Tool, ...]:
    """Return the commands of the workspace named, else of the one beside the file, or here."""
    if directory is not None:
        return _commands(directory)
    places = [file.parent, Path()] if file else [Path()]
    found = next((place for place in places if _has_workspace(place)), None)
    return _commands(found) if found else ()


def _has_workspace(place: Path) -> bool:
    try:
        return (place / _FILE).is_file()
    except (OSError, ValueError):  # no folder can have such a name
        return False


@cache
def _commands(directory: Path) -> tuple[Tool, ...]:
    """Return a workspace's own commands; what reads it is imported only where there is one."""
    module = importlib.import_module("tocsin.bootstrap.workspace")
    found: tuple[Tool, ...] = module.load_workspace(directory).commands
    return found
