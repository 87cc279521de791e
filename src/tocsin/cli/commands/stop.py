"""`tocsin stop`: end every running step and let none start, until it is lifted; over HTTP."""

from __future__ import annotations

import click

from tocsin.cli.client import Server, talks
from tocsin.cli.output import painted, say, say_json, visible
from tocsin.core.errors import Invalid

_ALARM, _FINE = painted(fg="red", bold=True), painted(fg="green")


@click.command("stop")
@click.option("--reason", metavar="TEXT", default="", help="Why; it stands in the record.")
@click.option("--lift", is_flag=True, help="Let steps start again.")
@click.option("--status", is_flag=True, help="Only say whether everything is stopped.")
@talks
def command(server: Server, as_json: bool, reason: str, lift: bool, status: bool) -> None:
    """End every running step on every node, and let none start.

    A change that is ended so is unknown until somebody settles it. Pages still go out.

    Exit status: 0 done, or done already; 2 no reason; 6 not yours to do.
    """
    if lift and status:
        raise Invalid("stop.options", "--lift and --status are two wishes.")
    if status:
        found = server.get("/v1/stop")
    else:
        found = server.post("/v1/stop/lift" if lift else "/v1/stop", {"reason": reason})
    if as_json:
        say_json(found)
        return
    if not found["stopped"]:
        say(_FINE("Nothing is stopped."))
        return
    say(_ALARM("Everything is stopped.") + visible(f"  {found['by']}: {found['reason']}"))
