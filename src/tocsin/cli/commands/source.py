"""`tocsin source`: tokens for what sends us alerts."""

from __future__ import annotations

import hashlib
import json
import secrets

import click

from tocsin.cli.output import say, say_json, tell
from tocsin.core.errors import Invalid
from tocsin.core.workspace import SourceKind


@click.group("source")
def command() -> None:
    """Tokens for what sends us alerts."""


@command.command("token")
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(["alertmanager", "generic"]), default="generic", show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def token(name: str, kind: str, as_json: bool) -> None:
    """Make a token for the source NAME: print it, and what to put into tocsin.toml.

    Nothing is stored: tocsin.toml holds the hash, the source holds the token.

    Exit status: 0 made, 2 the name cannot be that of a source.
    """
    if not name.strip() or not name.isprintable() or name == SourceKind.CHECKS:
        raise Invalid(
            "source.name", "A source has printable characters, and is not called 'checks'."
        )
    made = "tocsin_source_" + secrets.token_urlsafe(32)
    sha256 = hashlib.sha256(made.encode()).hexdigest()
    if as_json:
        say_json({"name": name, "kind": kind, "token": made, "token_sha256": sha256})
        return
    quoted = json.dumps(name, ensure_ascii=False)  # TOML quotes as JSON does
    tell("Put this into tocsin.toml, and the token into the source:\n")
    tell(f'[[source]]\nname = {quoted}\nkind = "{kind}"\ntoken_sha256 = "{sha256}"\n')
    say(made)
