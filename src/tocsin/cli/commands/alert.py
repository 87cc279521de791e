"""`tocsin alert send`: report an alert by hand or from a script; over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tocsin.cli.client import find_server
from tocsin.cli.output import say, say_json, visible
from tocsin.core.errors import Invalid, Unauthenticated


@click.group("alert")
def command() -> None:
    """Report an alert by hand or from a script."""


@command.command()
@click.argument("name")
@click.option("-l", "--label", "labels", multiple=True, metavar="NAME=VALUE", help="Repeatable.")
@click.option("-a", "--annotation", "annotations", multiple=True, metavar="NAME=VALUE")
@click.option("--resolved", is_flag=True, help="It is over.")
@click.option("--key", default="", help="What identifies it. [default: all its labels]")
@click.option(
    "--source-token",
    envvar="TOCSIN_SOURCE_TOKEN",
    metavar="TOKEN",
    default="",
    help="Of a source of kind generic. Better in TOCSIN_SOURCE_TOKEN: others see arguments.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--server", "url", envvar="TOCSIN_SERVER", metavar="URL", help="Where it is.")
@click.option(
    "--workspace",
    "directory",
    metavar="DIR",
    default=".",
    type=click.Path(path_type=Path),
    help="Whose tocsin.toml says where the server listens. [default: here]",
)
def send(
    name: str,
    labels: tuple[str, ...],
    annotations: tuple[str, ...],
    resolved: bool,
    key: str,
    source_token: str,
    as_json: bool,
    url: str | None,
    directory: Path,
) -> None:
    """Report that the alert NAME fires, or with --resolved that it is over.

    To resolve it, send the same labels (or the same --key) that it fired with.

    Exit status: 0 it is on the server's disk, 2 not understood, 6 wrong token, 7 try again.
    """
    if not source_token:
        raise Unauthenticated(
            "auth",
            "An alert needs the token of its source.",
            hint="`tocsin source token NAME` makes one; put it into TOCSIN_SOURCE_TOKEN.",
        )
    alert: dict[str, Any] = {
        "name": name,
        "status": "resolved" if resolved else "firing",
        "labels": pairs(labels, "label"),
        "annotations": pairs(annotations, "annotation"),
    }
    if key:
        alert["key"] = key
    receipt = find_server(url, directory, token=source_token).post("/v1/events/generic", alert)
    say_json(receipt) if as_json else say(_told(receipt, name))


def pairs(words: Sequence[str], what: str) -> dict[str, str]:
    """Return `NAME=VALUE` words as a table.

    Raises:
        Invalid("alert.pair"): One has no name or no equals sign, or a name comes twice.
    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals or name in found:
            reason = "comes twice" if name in found else "is not NAME=VALUE"
            raise Invalid("alert.pair", f"The {what} {word!r} {reason}.")
        found[name] = value
    return found


def _told(receipt: dict[str, Any], name: str) -> str:
    if receipt.get("accepted"):
        return f"✓ {visible(name)} is taken in."
    return f"✓ {visible(name)} is known already; nothing changed."
