"""`tocsin user`: who may log in. Works on the database itself: the first one needs no other."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from tocsin.bootstrap.late import LatePasswords
from tocsin.bootstrap.workspace import load_workspace
from tocsin.cli.letting_in import (
    BY,
    days,
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
from tocsin.core.errors import Invalid
from tocsin.core.rights import Role
from tocsin.core.user import TOKEN_LASTS, User, checked_name
from tocsin.core.workspace import Workspace
from tocsin.people import admit, groups, tokens
from tocsin.people.tokens import PREFIX
from tocsin.ports.store import Tx


@click.group("user")
def command() -> None:
    """Let people in, and out again."""


@command.command("add")
@click.argument("name")
@click.option("--role", type=role_option, default=str(Role.RESPONDER), show_default=True)
@click.option("--service", "services", multiple=True, help="Only on it. May be repeated.")
@prints_json
@in_workspace
def add(name: str, role: str, services: tuple[str, ...], as_json: bool, directory: Path) -> None:
    """Make the user NAME with a personal token, and print the token: once, and only here.

    The first user becomes admin of all services, whatever --role says. For a user that exists
    already this makes one more token and leaves the roles alone.

    Exit status: 0 made, 2 the name or the configuration is wrong, 7 no database.
    """
    workspace, name = load_workspace(directory), checked_name(name)
    granted, token, at = (
        grants(workspace, role, services),
        PREFIX + secrets.token_urlsafe(32),
        now(),
    )
    with writing(directory) as tx:
        if tx.people.user(name) is None:
            admit.add(tx, name, granted, by=BY, now=at)
        wish = tokens.Wish(name=f"made {at:%Y-%m-%d}", lasts=TOKEN_LASTS)
        tokens.add(tx, name, wish, token, by=BY, now=at)
        rights = tx.people.granted(name)
    _note_unpaged(workspace, name)
    tell(f"{name} is {described(rights)}.")
    tell(f"The token of {name}, for {TOKEN_LASTS.days} days; it is not shown again:")
    if as_json:
        paged = workspace.person(name) is not None
        say_json({"person": name, "token": token, "is_paged": paged, "rights": described(rights)})
    else:
        say(token)


def _note_unpaged(workspace: Workspace, name: str) -> None:
    if workspace.person(name) is None:
        known = ", ".join(person.name for person in workspace.people) or "nobody"
        tell(f"Note: pages do not reach {name}: no [[person]] in tocsin.toml is called so.")
        tell(f"      There are: {known}.")


@command.command("list")
@prints_json
@in_workspace
def listed(as_json: bool, directory: Path) -> None:
    """List everybody who may log in, and what they are.

    Exit status: 0 shown, 2 the configuration is wrong, 7 no database.
    """
    with looking(directory) as tx:
        found = [_shown(tx, each) for each in tx.people.users()]
    if as_json:
        say_json({"users": found})
        return
    if not found:
        tell("Nobody yet: `tocsin user add NAME` makes the first, who becomes admin.")
    for each in found:
        away = "" if each["enabled"] else "  (disabled)"
        say(f"{each['name']}  {each['rights']}{away}")


def _shown(tx: Tx, user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "enabled": user.enabled,
        "rights": described(tx.people.granted(user.name)),
        "has_password": bool(user.password),
        "issuer": user.issuer,
    }


@command.command("show")
@click.argument("name")
@prints_json
@in_workspace
def show(name: str, as_json: bool, directory: Path) -> None:
    """Show what NAME may do, how they log in, and their tokens.

    Exit status: 0 shown, 2 the configuration is wrong, 4 no such user, 7 no database.
    """
    with looking(directory) as tx:
        user = admit.found(tx, name)
        found, held = _shown(tx, user), tx.people.tokens(name)
    if as_json:
        say_json({**found, "tokens": [each.name for each in held]})
        return
    ways = ["a password"] if user.password else []
    ways += [f"{user.issuer}"] if user.issuer else []
    ways += [f"{len(held)} tokens"] if held else []
    say(f"{name} is {found['rights']}{'' if user.enabled else ', and disabled'}.")
    say(f"Logs in with: {', '.join(ways) or 'nothing yet'}.")
    for each in held:
        say(f"  {each.id}  {each.name}  until {days(each.expires_at)}  used {days(each.used_at)}")


def _on_user(name: str, act: Callable[[Tx, str, datetime], object], doc: str, said: str) -> None:
    """Make a command that does one thing to one user."""

    @command.command(name, help=doc)
    @click.argument("name")
    @prints_json
    @in_workspace
    def done(name: str, as_json: bool, directory: Path) -> None:
        with writing(directory) as tx:
            act(tx, name, now())
        tell(f"{name} {said}.")
        if as_json:
            say_json({"person": name, "done": True})


_STATUSES = """\
Exit status: 0 done, 2 the configuration is wrong, 4 no such user, 5 nobody would be admin
any more, 7 no database."""

_on_user(
    "disable",
    lambda tx, name, at: admit.disable(tx, name, by=BY, now=at),
    f"Keep NAME out: sessions end, tokens rest, approvals not used yet are void.\n\n{_STATUSES}",
    "is disabled",
)
_on_user(
    "enable",
    lambda tx, name, at: admit.enable(tx, name, by=BY, now=at),
    f"Let NAME in again, with the roles and tokens they had.\n\n{_STATUSES}",
    "is enabled",
)
_on_user(
    "remove",
    lambda tx, name, at: admit.remove(tx, name, by=BY, now=at),
    f"Forget NAME. Timelines keep the name.\n\n{_STATUSES}",
    "is removed",
)


@command.command("password")
@click.argument("name")
@click.option("--stdin", "piped", is_flag=True, help="Read it from standard input.")
@click.option("--none", is_flag=True, help="Take the password away.")
@in_workspace
def password(name: str, piped: bool, none: bool, directory: Path) -> None:
    """Set the password of NAME; asks for it twice. All their sessions end.

    Exit status: 0 set, 2 too short, 4 no such user, 7 no database.
    """
    with looking(directory) as tx:
        admit.found(tx, name)
    hashed = ""
    if not none:
        asked = sys.stdin.readline().rstrip("\n") if piped else _asked()
        hashed = LatePasswords().hashed(admit.checked_password(asked, name))
    with writing(directory) as tx:
        admit.set_password(tx, name, hashed, by=BY, now=now())
    tell(f"{name} has {'no password any more' if none else 'a new password'}.")


def _asked() -> str:
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


@command.command("link")
@click.argument("name")
@click.argument("subject")
@in_workspace
def link(name: str, subject: str, directory: Path) -> None:
    """Let NAME log in through the provider in [oidc], which calls them SUBJECT.

    Exit status: 0 linked, 2 no [oidc] or another user's, 4 no such user, 7 no database.
    """
    oidc = load_workspace(directory).oidc
    if oidc is None:
        raise Invalid(
            "login.no_provider", "tocsin.toml has no [oidc].", hint="Set the provider up first."
        )
    with writing(directory) as tx:
        groups.link(tx, admit.found(tx, name), oidc.issuer, subject, by=BY, now=now())
    tell(f"{name} logs in through {oidc.issuer} as {subject}.")


@command.command("revoke")
@click.argument("name")
@prints_json
@in_workspace
def revoke(name: str, as_json: bool, directory: Path) -> None:
    """Revoke every token and session of NAME. Takes effect at once; the roles stay.

    Exit status: 0 revoked (or there were none), 2 configuration wrong, 7 no database.
    """
    name = checked_name(name)
    with writing(directory) as tx:
        count = tokens.revoke_all(tx, name, by=BY, now=now())
    tell(f"Revoked {count} tokens of {name}.")
    if as_json:
        say_json({"person": name, "revoked": count})
