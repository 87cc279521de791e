"""`tocsin token`: personal tokens, for programs and the command line. Works on the database."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from tocsin.bootstrap.workspace import load_workspace
from tocsin.cli.letting_in import (
    BY,
    days,
    known,
    lasting,
    looking,
    now,
    prints_json,
    role_option,
    writing,
)
from tocsin.cli.options import in_workspace
from tocsin.cli.output import say, say_json, tell
from tocsin.core.rights import Role
from tocsin.core.user import Token
from tocsin.people import admit, tokens
from tocsin.people.tokens import PREFIX, Wish


@click.group("token")
def command() -> None:
    """Personal tokens: shown once, kept as hashes, as good as their owner or less."""


@command.command("add")
@click.argument("person")
@click.option("--name", default="token", show_default=True, help="What it is for.")
@click.option("--role", type=role_option, help="At most this. [default: what PERSON may]")
@click.option("--service", "services", multiple=True, help="At most on it. May be repeated.")
@click.option("--lasts", default="90d", show_default=True, help="Until it expires.")
@click.option("--never", is_flag=True, help="It never expires.")
@prints_json
@in_workspace
def add(
    person: str,
    name: str,
    role: str | None,
    services: tuple[str, ...],
    lasts: str,
    never: bool,
    as_json: bool,
    directory: Path,
) -> None:
    """Make a token for PERSON and print it: once, and only here.

    Exit status: 0 made, 2 a name, duration or service is wrong, 4 no such user, 7 no database.
    """
    wish = Wish(
        name=name,
        lasts=lasting(lasts, never),
        role=Role(role) if role else None,
        services=known(load_workspace(directory), services),
    )
    token = PREFIX + secrets.token_urlsafe(32)
    with writing(directory) as tx:
        made = tokens.add(tx, person, wish, token, by=BY, now=now())
    tell(f"Token {made.id} of {person}, until {days(made.expires_at)}; it is not shown again:")
    if as_json:
        say_json({**_shown(made), "token": token})
    else:
        say(token)


@command.command("list")
@click.argument("person", required=False)
@prints_json
@in_workspace
def listed(person: str | None, as_json: bool, directory: Path) -> None:
    """List the tokens of PERSON, or of everybody.

    Exit status: 0 shown, 2 the configuration is wrong, 4 no such user, 7 no database.
    """
    with looking(directory) as tx:
        people = [admit.found(tx, person)] if person else tx.people.users()
        found = [token for each in people for token in tx.people.tokens(each.name)]
    if as_json:
        say_json({"tokens": [_shown(each) for each in found]})
        return
    for each in found:
        limits = ", ".join(filter(None, (str(each.role or ""), *each.services)))
        limited = f"  only {limits}" if limits else ""
        used = f"used {days(each.used_at)}"
        say(
            f"{each.id}  {each.person}  {each.name}  until {days(each.expires_at)}  {used}{limited}"
        )


@command.command("revoke")
@click.argument("person")
@click.argument("number", type=int)
@in_workspace
def revoke(person: str, number: int, directory: Path) -> None:
    """Revoke the token NUMBER of PERSON, and end the sessions it opened. Takes effect at once.

    Exit status: 0 revoked, 4 no such token, 7 no database.
    """
    with writing(directory) as tx:
        tokens.revoke(tx, person, number, by=BY, now=now())
    tell(f"Token {number} of {person} is revoked.")


def _shown(token: Token) -> dict[str, object]:
    return {
        "id": token.id,
        "person": token.person,
        "name": token.name,
        "made_at": token.made_at.isoformat(),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "used_at": token.used_at.isoformat() if token.used_at else None,
        "role": str(token.role) if token.role else None,
        "services": list(token.services),
    }
