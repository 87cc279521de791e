"""Options that several commands have, written once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class Number(click.IntRange):
    """The number of an incident or a step run; says where such numbers are found."""

    name = "number"

    def __init__(self, what: str, where: str) -> None:
        super().__init__(min=1)
        self._what = what
        self._where = where

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number.

        Raises:
            click.BadParameter: It is none.
        """
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(
                f"{value!r} is no number of {self._what}; {self._where} shows them", param, ctx
            )


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
