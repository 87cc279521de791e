"""`tocsin role`: what users may do. Works on the database itself."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.bootstrap.workspace import load_workspace
from tocsin.cli.letting_in import (
    BY,
    described,
    grants,
    looking,
    now,
    prints_json,
    role_option,
    writing,
)
from tocsin.cli.options import in_workspace
from tocsin.cli.output import say, say_json, tell
from tocsin.core.rights import EVERYWHERE, Grant, Role
from tocsin.people import admit


@click.group("role")
def command() -> None:
    """Say what people may do: viewer < responder < approver < admin."""


@command.command("grant")
@click.argument("name")
@click.argument("role", type=role_option)
@click.option("--service", "services", multiple=True, help="Only on it. May be repeated.")
@prints_json
@in_workspace
def grant(name: str, role: str, services: tuple[str, ...], as_json: bool, directory: Path) -> None:
    """Give NAME a ROLE on all services, or only on each --service.

    Exit status: 0 given (or held already), 2 no such service, 4 no such user, 7 no database.
    """
    given = grants(load_workspace(directory), role, services)
    with writing(directory) as tx:
        for each in given:
            admit.grant(tx, name, each, by=BY, now=now())
        rights = tx.people.granted(name)
    tell(f"{name} is {described(rights)}.")
    if as_json:
        say_json({"person": name, "rights": described(rights)})


@command.command("revoke")
@click.argument("name")
@click.argument("role", type=role_option)
@click.option("--service", "services", multiple=True, help="The role on it. May be repeated.")
@prints_json
@in_workspace
def revoke(name: str, role: str, services: tuple[str, ...], as_json: bool, directory: Path) -> None:
    """Take a ROLE from NAME again. It is gone with their next request.

    Approvals they gave and that were not used yet are void.

    Exit status: 0 taken, 4 they do not hold it, 5 nobody would be admin any more, 7 no database.
    """
    with writing(directory) as tx:
        for service in services or (EVERYWHERE,):
            held = Grant(role=Role(role), service=service)
            admit.revoke(tx, name, held, by=BY, now=now())
        rights = tx.people.granted(name)
    tell(f"{name} is {described(rights)}.")
    if as_json:
        say_json({"person": name, "rights": described(rights)})


@command.command("list")
@prints_json
@in_workspace
def listed(as_json: bool, directory: Path) -> None:
    """List who holds which role, one per line.

    Exit status: 0 shown, 2 the configuration is wrong, 7 no database.
    """
    with looking(directory) as tx:
        held = [
            {"person": user.name, "role": str(each.role), "service": each.service}
            for user in tx.people.users()
            for each in tx.people.granted(user.name).grants
        ]
    if as_json:
        say_json({"roles": held})
        return
    for each in held:
        where = "all services" if each["service"] == EVERYWHERE else each["service"]
        say(f"{each['person']}  {each['role']} of {where}")
