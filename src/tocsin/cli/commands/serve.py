"""`tocsin serve`: the whole product in one process."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from tocsin.bootstrap.serve import Server
from tocsin.bootstrap.workspace import load_workspace
from tocsin.cli.options import in_workspace
from tocsin.cli.output import tell, visible


@click.command("serve")
@in_workspace
@click.option("--verbose", is_flag=True, help="Tell more on standard error.")
def command(directory: Path, verbose: bool) -> None:
    """Serve the console and the API, watch, page and run, until stopped.

    Exit status: 0 stopped, 2 the configuration is wrong, 7 the database cannot be opened.
    """
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    workspace = load_workspace(directory)
    server = Server(workspace)
    if server.app.sandbox_missing:
        click.echo(f"Nothing runs unattended: {server.app.sandbox_missing}", err=True)
    click.echo(f"Tocsin serves {workspace.public_url} (Ctrl-C ends it)", err=True)
    click.echo("Log in with the token that `tocsin user add NAME` prints.", err=True)
    server.run(when_ready=lambda: _tell_findings(server))


def _tell_findings(server: Server) -> None:
    """Say what is wrong with the runbooks. Reading them takes a while: nobody waits for it."""
    for file, finding in server.app.runbooks.problems():
        where = f"{file}:{finding.line}" if finding.line else file
        tell(visible(f"{where}: {finding.message}"))
