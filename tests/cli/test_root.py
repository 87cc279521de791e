"""The command `tocsin` itself: quick, helpful about typos, and well-behaved at its end."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from tocsin import __version__
from tocsin.cli import root
from tocsin.core import errors


def tocsin(*words: str, **more) -> subprocess.CompletedProcess[str]:
    """Run the real thing in a process of its own."""
    command = [sys.executable, "-m", "tocsin", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **more)


def test_help_imports_next_to_nothing() -> None:
    """What makes it answer at once, on any machine; the figure is in `benchmarks/latency.py`."""
    script = (
        "import sys; before = set(sys.modules); from tocsin.cli.root import run; run(['--help'])\n"
        "new = set(sys.modules) - before\n"
        "print(sorted({n.split('.')[0] for n in new} - sys.stdlib_module_names),"
        " sorted(n for n in new if n.startswith(('tocsin.', 'http', 'asyncio'))), file=sys.stderr)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    ours = ("cli", "cli.output", "cli.root", "core", "core.errors", "core.times")
    assert told.stderr == f"['click', 'tocsin'] {[f'tocsin.{each}' for each in ours]}\n"


@pytest.mark.parametrize("section", root.COMMANDS)
def test_every_command_exists_under_its_name(section: str) -> None:
    """The table is all that help knows, so it must not promise what is not there."""
    for name, (module, line) in root.COMMANDS[section].items():
        command = importlib.import_module(module).command
        assert isinstance(command, click.Command)
        assert command.name == name
        assert command.help
        assert line.endswith(".") and len(line) <= 60


def test_help_lists_every_command_and_every_exit_status() -> None:
    """In sections, since ten names in a row say little."""
    told = tocsin("--help").stdout

    for section, entries in root.COMMANDS.items():
        assert f"\n{section}:\n" in told
        for name, (_, line) in entries.items():
            assert any(row.split() == [name, *line.split()] for row in told.splitlines())
    for status in {0, 1, 3, root.INTERRUPTED, *root.EXIT_STATUS.values()}:
        assert f"\n    {status} " in told


def test_the_version_is_the_packages() -> None:
    """Read from one place."""
    assert tocsin("--version").stdout == f"tocsin {__version__}\n"


def test_a_typo_is_answered_with_what_was_meant() -> None:
    """At night one types `incidnet`."""
    told = tocsin("incidnet", "list")

    assert (told.returncode, told.stdout) == (2, "")
    assert "'incident'" in told.stderr
    assert "Did you mean 'approve'?" in tocsin("run", "aprove", "1").stderr


def test_a_typo_cannot_reach_the_terminal() -> None:
    """Command lines are pasted, too."""
    assert "\x1b" not in tocsin("\x1b[2J").stderr


@pytest.mark.parametrize(
    ("category", "status"),
    [
        (errors.Invalid, 2),
        (errors.NotFound, 4),
        (errors.Conflict, 5),
        (errors.Unauthenticated, 6),
        (errors.Forbidden, 6),
        (errors.Unavailable, 7),
        (errors.TooLarge, 1),
    ],
)
def test_each_category_of_problem_has_its_exit_status(
    category: type[errors.Problem], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence and the hint on stderr, nothing on stdout, nothing a terminal obeys."""
    assert root.refuse(category("any.code", "It is \x1b[31mdown.", hint="Try\nagain.")) == status

    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "It is \\x1b[31mdown.\nTry\nagain.\n")


def test_every_category_is_in_the_table() -> None:
    """A new one must be given a status, or left out on purpose here."""
    categories = set(errors.Problem.__subclasses__())

    assert categories - set(root.EXIT_STATUS) == {errors.TooLarge}


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`tocsin … | head -1` must not end in a traceback."""
    reader, writer = os.pipe()
    os.close(reader)

    process = subprocess.run(
        [sys.executable, "-m", "tocsin", "--help"], stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)

    assert process.stderr == b""


def test_ctrl_c_ends_quietly_with_130() -> None:
    """While it waits for a server that does not answer."""
    silent = (
        "import socket, subprocess, sys, os, signal, time\n"
        "s = socket.create_server(('127.0.0.1', 0))\n"
        "p = subprocess.Popen([sys.executable, '-m', 'tocsin', 'incident', 'list', '--server',"
        " f'http://127.0.0.1:{s.getsockname()[1]}'], stderr=subprocess.PIPE)\n"
        "kept = s.accept(); p.send_signal(signal.SIGINT)\n"
        "print(p.wait(20), p.stderr.read().strip())\n"
    )
    told = subprocess.run([sys.executable, "-c", silent], capture_output=True, text=True)

    assert told.stdout == f"{128 + signal.SIGINT} b''\n"


def test_a_terminal_without_our_characters_gets_escapes() -> None:
    """No output is worth a traceback about an encoding."""
    told = tocsin(
        "incident", "show", "–", env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    )

    assert told.returncode == 2
    assert "Traceback" not in told.stderr


def test_help_fits_a_terminal_of_eighty_columns() -> None:
    """What is cut off at the edge, or folded by the terminal, is what nobody reads at night."""
    wide = []
    for words, found in _all_commands(("tocsin",), root.root):
        context = click.Context(found, info_name=" ".join(words), terminal_width=80)
        wide += [(words, line) for line in found.get_help(context).split("\n") if len(line) > 80]

    assert wide == []


def _all_commands(
    words: tuple[str, ...], found: click.Command
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield words, found
    if isinstance(found, click.Group):
        context = click.Context(found)
        for name in found.list_commands(context):
            under = found.get_command(context, name)
            assert under is not None
            yield from _all_commands((*words, name), under)
