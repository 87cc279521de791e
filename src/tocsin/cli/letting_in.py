"""What the commands about users, roles and tokens share.

They work on the database itself, not through the server: the first user needs no other, and
who can open the database could let anybody in anyway. The server offers the same to admins.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from tocsin.bootstrap.tokens import open_store
from tocsin.bootstrap.workspace import load_workspace
from tocsin.core.errors import Invalid
from tocsin.core.rights import EVERYWHERE, Grant, Rights, Role
from tocsin.core.timeline import SHELL
from tocsin.core.times import parse_duration
from tocsin.core.workspace import Workspace
from tocsin.ports.store import Tx

BY = SHELL
"""Who did it, as the record has it: a shell has no user of ours."""

prints_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
role_option = click.Choice([str(each) for each in Role])


@contextmanager
def writing(directory: Path) -> Iterator[Tx]:
    """Open the database of a workspace for one change.

    Raises:
        Invalid("settings"), Unavailable("store.…")
    """
    with open_store(load_workspace(directory)).begin() as tx:
        yield tx


@contextmanager
def looking(directory: Path) -> Iterator[Tx]:
    """Open the database of a workspace to look. Raises as `writing`."""
    with open_store(load_workspace(directory)).look() as tx:
        yield tx


def now() -> datetime:
    """Return the time now."""
    return datetime.now(UTC)


def grants(workspace: Workspace, role: str, services: tuple[str, ...]) -> tuple[Grant, ...]:
    """Return the role on each of the services, or on all where none is named.

    Raises:
        Invalid("user.service"): There is no such service.
    """
    named = known(workspace, services) or (EVERYWHERE,)
    return tuple(Grant(role=Role(role), service=each) for each in named)


def known(workspace: Workspace, services: tuple[str, ...]) -> tuple[str, ...]:
    """Return the services.

    Raises:
        Invalid("user.service"): There is no such service.
    """
    for each in services:
        if workspace.service(each) is None:
            there = ", ".join(service.name for service in workspace.services) or "none"
            raise Invalid(
                "user.service", f"There is no service {each!r}.", hint=f"There are: {there}."
            )
    return services


def described(rights: Rights) -> str:
    """Return roles as one says them: `admin of all services`."""
    return ", ".join(str(each) for each in rights.grants) or "nothing yet"


def days(at: datetime | None) -> str:
    """Return a day as a list shows it, or `never`."""
    return f"{at:%Y-%m-%d}" if at else "never"


def lasting(text: str, never: bool) -> timedelta | None:
    """Return how long a token is to last; None for ever.

    Raises:
        Invalid("duration")
    """
    return None if never else parse_duration(text)
