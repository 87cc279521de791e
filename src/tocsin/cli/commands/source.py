"""`tocsin source`: tokens for what sends us alerts."""

from __future__ import annotations

import hashlib
import secrets

import click


@click.group("source")
def command() -> None:
    """Tokens for what sends us alerts."""


@command.command("token")
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(["alertmanager", "generic"]), default="generic", show_default=True
)
def token(name: str, kind: str) -> None:
    """Make a token for the source NAME: print it, and what to put into tocsin.toml.

    Nothing is stored: tocsin.toml holds the hash, the source holds the token.

    \b
    Exit status: 0.
    """
    made = "tocsin_source_" + secrets.token_urlsafe(32)
    sha256 = hashlib.sha256(made.encode()).hexdigest()
    click.echo("Put this into tocsin.toml, and the token into the source:\n", err=True)
    click.echo(
        f'[[source]]\nname = "{name}"\nkind = "{kind}"\ntoken_sha256 = "{sha256}"\n', err=True
    )
    click.echo(made)
