"""`tocsin user`: personal tokens. Works on the database itself: the first one needs no other."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

import click

from tocsin.bootstrap.tokens import open_store
from tocsin.bootstrap.workspace import load_workspace
from tocsin.cli.options import in_workspace
from tocsin.cli.output import say, say_json, tell
from tocsin.core.errors import Invalid
from tocsin.core.rights import EVERYWHERE, Grant, Rights, Role
from tocsin.core.user import TOKEN_LASTS, checked_name
from tocsin.core.workspace import Workspace
from tocsin.people import admit, tokens
from tocsin.people.tokens import PREFIX


@click.group("user")
def command() -> None:
    """Let people in, and out again."""


_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@command.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(list(Role)), default=Role.RESPONDER, show_default=True)
@click.option("--service", "services", multiple=True, help="Only on it. May be repeated.")
@_json
@in_workspace
def add(name: str, role: str, services: tuple[str, ...], as_json: bool, directory: Path) -> None:
    """Make the user NAME with a personal token, and print the token: once, and only here.

    The first user becomes admin of everything, whatever --role says. For a user that exists
    already this makes one more token and leaves the roles alone.

    \b
    Exit status: 0 made, 2 the name or the configuration is wrong, 7 no database.
    """
    workspace = load_workspace(directory)
    token, now = PREFIX + secrets.token_urlsafe(32), datetime.now(UTC)
    grants = tuple(Grant(role=Role(role), service=each) for each in _known(workspace, services))
    with open_store(workspace).begin() as tx:
        user = tx.people.user(checked_name(name)) or admit.add(tx, name, grants, now=now)
        tokens.add(tx, user.name, tokens.Wish(name="first", lasts=TOKEN_LASTS), token, now=now)
        rights = tx.people.granted(user.name)
    name = user.name
    paged = workspace.person(name) is not None
    if not paged:
        known = ", ".join(person.name for person in workspace.people) or "nobody"
        tell(f"Note: pages do not reach {name}: no [[person]] in tocsin.toml is called so.")
        tell(f"      There are: {known}.")
    tell(f"{name} is {described(rights)}.")
    tell(f"The token of {name}; it lasts {TOKEN_LASTS.days} days and is not shown again:")
    if as_json:
        say_json({"person": name, "token": token, "is_paged": paged})
    else:
        say(token)


def _known(workspace: Workspace, services: tuple[str, ...]) -> tuple[str, ...]:
    """Return the services, or that all are meant.

    Raises:
        Invalid("user.service")
    """
    for each in services:
        if each != EVERYWHERE and workspace.service(each) is None:
            there = ", ".join(service.name for service in workspace.services) or "none"
            raise Invalid(
                "user.service", f"There is no service {each!r}.", hint=f"There are: {there}."
            )
    return services or (EVERYWHERE,)


def described(rights: Rights) -> str:
    """Return roles as one says them: "admin of all services"."""
    said = [
        f"{each.role} of {'all services' if each.service == EVERYWHERE else each.service}"
        for each in rights.grants
    ]
    return ", ".join(said) or "nothing yet: `tocsin role grant` changes that"


@command.command("revoke")
@click.argument("name")
@_json
@in_workspace
def revoke(name: str, as_json: bool, directory: Path) -> None:
    """Revoke every token and session of NAME. Takes effect at once.

    \b
    Exit status: 0 revoked (or there were none), 2 configuration wrong, 7 no database.
    """
    name = checked_name(name)
    with open_store(load_workspace(directory)).begin() as tx:
        count = tx.people.revoke_tokens(name, at=datetime.now(UTC))
    tell(f"Revoked {count} tokens of {name}.")
    if as_json:
        say_json({"person": name, "revoked": count})
