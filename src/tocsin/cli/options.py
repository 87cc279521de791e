"""Options that several commands have, written once."""

from __future__ import annotations

from pathlib import Path

import click

in_workspace = click.option(
    "--workspace",
    "directory",
    metavar="DIR",
    default=".",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where tocsin.toml lies.",
)
"""Where the workspace is; the command takes it as `directory`."""
