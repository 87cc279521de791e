"""Our own runbooks are beyond reproach."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from tocsin.cli.commands.lint import command

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_nothing_is_reported_on_the_examples() -> None:
    """People start from a copy of them."""
    ended = CliRunner().invoke(command, [str(EXAMPLES), "--strict"])
    assert ended.exit_code == 0
    assert ended.output.startswith("Nothing found in ")
