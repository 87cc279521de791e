"""The command `tocsin`: finds a subcommand, runs it, and turns what it raises into an ending.

A subcommand's module is imported when it runs, never before, so that help and a mistyped
name answer at once. The table below is all that is known about a subcommand until then.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import click

from tocsin import __version__
from tocsin.cli.output import tell_problem, visible
from tocsin.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    Unauthenticated,
    Unavailable,
)

COMMANDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Set up": {
        "init": ("tocsin.cli.commands.init", "Write a commented tocsin.toml to start from."),
        "doctor": ("tocsin.cli.commands.doctor", "Say what works here, what not, and the cure."),
        "user": ("tocsin.cli.commands.user", "Let people in, and out again."),
        "role": ("tocsin.cli.commands.role", "Say what people may do, and where."),
        "token": ("tocsin.cli.commands.token", "Personal tokens for programs and the shell."),
        "source": ("tocsin.cli.commands.source", "Make the token of a source of alerts."),
    },
    "On duty": {
        "serve": ("tocsin.cli.commands.serve", "Take alerts, page people, run playbooks."),
        "incident": ("tocsin.cli.commands.incident", "See incidents, take them, end them."),
        "run": ("tocsin.cli.commands.run", "Approve, skip and tick the steps of a playbook."),
        "stop": ("tocsin.cli.commands.stop", "End every running step, and let none start."),
        "audit": ("tocsin.cli.commands.audit", "Say whether the record was touched."),
        "alert": ("tocsin.cli.commands.alert", "Report an alert by hand or from a script."),
    },
    "Without a server": {
        "read": ("tocsin.cli.commands.read", "Show what Tocsin understands of a runbook."),
        "lint": ("tocsin.cli.commands.lint", "Say what is wrong with runbooks, and mend some."),
        "plan": ("tocsin.cli.commands.plan", "Say what would happen if an alert fired now."),
        "risk": ("tocsin.cli.commands.risk", "Say what a command may do, word by word."),
        "rules": ("tocsin.cli.commands.rules", "Write thresholds as Prometheus rules with tests."),
        "coverage": ("tocsin.cli.commands.coverage", "Say which alerts have a playbook."),
        "check": ("tocsin.cli.commands.check", "Run the checks of tocsin.toml once, now."),
    },
}
"""Section -> name -> the module whose `command` it is, and one line of help."""

EXIT_STATUS: Mapping[type[Problem], int] = {
    Invalid: 2,
    NotFound: 4,
    Conflict: 5,
    Unauthenticated: 6,
    Forbidden: 6,
    Unavailable: 7,
}
"""How the process ends for each category of problem; 1 for any other."""

INTERRUPTED = 130

_EPILOG = """\
\b
Exit status:
  0    done, or done already
  1    something else went wrong, or you said no
  2    what was asked makes no sense; the configuration is wrong
  3    looked, and it is not well (check, lint, incident verify)
  4    no such thing
  5    not possible in the present state
  6    not logged in, or not allowed
  7    the server, or something else outside, did not answer
  130  interrupted

Data goes to stdout, everything said about it to stderr. --json prints data as JSON.
"""

_KNOWN: Mapping[str, tuple[str, str]] = {
    name: entry for section in COMMANDS.values() for name, entry in section.items()
}


class LazyGroup(click.Group):
    """A group that imports the module of a subcommand only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_KNOWN)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _KNOWN:
            return None
        command = importlib.import_module(_KNOWN[cmd_name][0]).command
        assert isinstance(command, click.Command)  # noqa: S101  # what every module promises
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand:
            # raised anew because the group holds no commands it could propose
            raise click.exceptions.NoSuchCommand(
                visible(args[0]), possibilities=_KNOWN, ctx=ctx
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, entries in COMMANDS.items():
            with formatter.section(section):
                formatter.write_dl([(name, line) for name, (_, line) in entries.items()])


@click.group(
    cls=LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, "--version", message="tocsin %(version)s")
def root() -> None:
    """Put a team's Markdown runbooks on duty."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; what went wrong is on stderr."""
    for stream in (sys.stdout, sys.stderr):
        _write_anything(stream)
    try:
        ended: Any = root.main(list(arguments), prog_name="tocsin", standalone_mode=False)
    except Problem as problem:
        return refuse(problem)
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except click.Abort:
        return INTERRUPTED
    return ended if isinstance(ended, int) else 0


def refuse(problem: Problem) -> int:
    """Say what is wrong and what to try, on stderr; return the exit status."""
    tell_problem(problem)
    return EXIT_STATUS.get(type(problem), 1)


def _write_anything(stream: TextIO) -> None:
    """Let a terminal that lacks a character show its escape: no output is worth a traceback."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
