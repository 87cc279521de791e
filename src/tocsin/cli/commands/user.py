"""`tocsin user`: personal tokens. Works on the database itself: the first one needs no other."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from pathlib import Path

import click

from tocsin.bootstrap.tokens import open_store
from tocsin.bootstrap.workspace import load_workspace
from tocsin.core.errors import Invalid

_PREFIX = "tocsin_"


@click.group("user")
def command() -> None:
    """Let people in, and out again."""


_workspace = click.option(
    "--workspace",
    "directory",
    metavar="DIR",
    default=".",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where tocsin.toml lies.",
)


@command.command("add")
@click.argument("name")
@_workspace
def add(name: str, directory: Path) -> None:
    """Make a personal token for NAME and print it: once, and only here.

    \b
    Exit status: 0 made, 2 the name or the configuration is wrong, 7 no database.
    """
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise Invalid("user.name", "A name has 1 to 100 printable characters.")
    workspace = load_workspace(directory)
    token = _PREFIX + secrets.token_urlsafe(32)
    sha256 = hashlib.sha256(token.encode()).hexdigest()
    with open_store(workspace).begin() as tx:
        tx.people.add_token(name, sha256, at=datetime.now(UTC))
    if workspace.person(name) is None:
        click.echo(f"Note: no [[person]] is called {name}, so pages do not reach them.", err=True)
    click.echo(f"The token of {name}; it is not shown again:", err=True)
    click.echo(token)


@command.command("revoke")
@click.argument("name")
@_workspace
def revoke(name: str, directory: Path) -> None:
    """Revoke every token and session of NAME. Takes effect at once.

    \b
    Exit status: 0 revoked (or there were none), 2 configuration wrong, 7 no database.
    """
    with open_store(load_workspace(directory)).begin() as tx:
        count = tx.people.revoke_tokens(name, at=datetime.now(UTC))
    click.echo(f"Revoked {count} tokens of {name}.", err=True)
