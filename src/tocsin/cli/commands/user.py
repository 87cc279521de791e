"""`tocsin user`: personal tokens. Works on the database itself: the first one needs no other."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from pathlib import Path

import click

from tocsin.bootstrap.tokens import open_store
from tocsin.bootstrap.workspace import load_workspace
from tocsin.cli.options import in_workspace
from tocsin.cli.output import say, say_json, tell
from tocsin.core.errors import Invalid

_PREFIX = "tocsin_"


@click.group("user")
def command() -> None:
    """Let people in, and out again."""


_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _checked(name: str) -> str:
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise Invalid("user.name", "A name has 1 to 100 printable characters.")
    return name


@command.command("add")
@click.argument("name")
@_json
@in_workspace
def add(name: str, as_json: bool, directory: Path) -> None:
    """Make a personal token for NAME and print it: once, and only here.

    \b
    Exit status: 0 made, 2 the name or the configuration is wrong, 7 no database.
    """
    workspace = load_workspace(directory)
    token = _PREFIX + secrets.token_urlsafe(32)
    sha256 = hashlib.sha256(token.encode()).hexdigest()
    with open_store(workspace).begin() as tx:
        tx.people.add_token(_checked(name), sha256, at=datetime.now(UTC))
    paged = workspace.person(name) is not None
    if not paged:
        known = ", ".join(person.name for person in workspace.people) or "nobody"
        tell(f"Note: pages do not reach {name}: no [[person]] in tocsin.toml is called so.")
        tell(f"      There are: {known}.")
    tell(f"The token of {name}; it is not shown again:")
    if as_json:
        say_json({"person": name, "token": token, "is_paged": paged})
    else:
        say(token)


@command.command("revoke")
@click.argument("name")
@_json
@in_workspace
def revoke(name: str, as_json: bool, directory: Path) -> None:
    """Revoke every token and session of NAME. Takes effect at once.

    \b
    Exit status: 0 revoked (or there were none), 2 configuration wrong, 7 no database.
    """
    with open_store(load_workspace(directory)).begin() as tx:
        count = tx.people.revoke_tokens(_checked(name), at=datetime.now(UTC))
    tell(f"Revoked {count} tokens of {name}.")
    if as_json:
        say_json({"person": name, "revoked": count})
