"""`tocsin check`, with real probes on a workspace of the test's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tocsin.adapters.probes.command import CommandProbe
from tocsin.adapters.probes.memory import MemoryProbe
from tocsin.cli.commands import check as module
from tocsin.core.errors import Invalid
from tocsin.core.workspace import Check, CheckKind, Workspace


def check(name: str, command: str, **options: object) -> Check:
    options["command"] = command
    return Check(name=name, kind=CheckKind.COMMAND, alert="It", options=options)


FINE = check("fine", "echo 12 jobs", figure=True, unit="jobs", _ours="secret")
BROKEN = check("broken", "printf 'no \\033[31mdisk'; exit 1")
MEMORY = Check(name="memory", kind=CheckKind.MEMORY, alert="It", options={"free_percent": 0})


@dataclass
class Bootstrap:
    """Stands where the real one reads tocsin.toml."""

    checks: tuple[Check, ...]
    asked: Path | None = None

    def load_workspace(self, directory: Path) -> Workspace:
        self.asked = directory
        if directory.name == "wrong":
            raise Invalid("settings", "tocsin.toml:3: no such kind.", hint="Use http.")
        return Workspace(
            directory=str(directory), data_directory="", database="", checks=self.checks
        )

    def probes(self, workspace: Workspace) -> dict[CheckKind, object]:
        return {CheckKind.COMMAND: CommandProbe(), CheckKind.MEMORY: MemoryProbe()}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch):
    """Run the command on these checks."""

    def run(*words: str, checks: tuple[Check, ...] = (FINE, BROKEN, MEMORY), **kwargs) -> Result:
        monkeypatch.setattr(module, "bootstrap", Bootstrap(checks))
        return CliRunner().invoke(module.command, list(words), **kwargs)

    return run


def test_one_failing_check_is_exit_status_3(run) -> None:
    """For cron, for scripts, for a deployment that waits."""
    assert run().exit_code == 3
    assert run("--only", "fine").exit_code == 0


def test_what_is_wrong_comes_first_in_symbol_and_word(run) -> None:
    """One line each, readable without colour, and nothing in it that a terminal obeys."""
    lines = run().stdout.splitlines()

    assert lines[0] == "✗ unhealthy  broken  Exit status 1: no ?[31mdisk"
    assert lines[1] == "✓ healthy    fine    Exit status 0: 12 jobs"
    assert lines[2].startswith("✓ healthy    memory  ")
    assert len(lines) == 3


def test_json_has_the_whole_and_every_check(run) -> None:
    """In the order of the configuration; figures are numbers or null."""
    told = json.loads(run("--json").stdout)

    assert told["overall_status"] == "unhealthy"
    fine, broken, memory = told["checks"]
    assert 0 < fine.pop("duration_s") < 10
    assert fine == {
        "name": "fine",
        "kind": "command",
        "status": "healthy",
        "said": "Exit status 0: 12 jobs",
        "figure": 12.0,
        "unit": "jobs",
    }
    assert (broken["status"], broken["figure"]) == ("unhealthy", None)
    assert (memory["status"], memory["unit"]) == ("healthy", "%")
    assert json.loads(run("--json", "--only", "fine").stdout)["overall_status"] == "healthy"


def test_verbose_adds_figures_and_options_but_not_ours(run) -> None:
    """What we put beside the options may hold the password of a database."""
    told = run("--verbose", "--only", "fine").stdout

    assert "figure 12 jobs" in told
    assert "command = 'echo 12 jobs'" in told
    assert "every 30s, fires after 3 in a row, recovers after 2" in told
    assert "secret" not in told


def test_verbose_tells_a_duration_where_one_decides(run) -> None:
    """The count is then not looked at, so it is not shown."""
    lasting = Check(
        name="memory",
        kind=CheckKind.MEMORY,
        alert="It",
        fire_after_duration=timedelta(minutes=2),
        options={"free_percent": 0},
    )

    assert "fires after 2m, recovers after 2" in run("--verbose", checks=(lasting,)).stdout


def test_only_takes_several_names_and_refuses_unknown_ones(run) -> None:
    """With the names there are: at night one mistypes."""
    assert len(run("--only", "fine", "--only", "broken").stdout.splitlines()) == 2

    wrong = run("--only", "fien")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert wrong.stderr == (
        "There is no check 'fien' in tocsin.toml.\nThere are: fine, broken, memory.\n"
    )


def test_a_wrong_configuration_is_exit_status_2(run) -> None:
    """Not 3: nothing has been looked at."""
    wrong = run("--workspace", "/some/wrong")

    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert wrong.stderr == "tocsin.toml:3: no such kind.\nUse http.\n"


def test_colour_is_only_for_terminals_that_want_it(run) -> None:
    """NO_COLOR rules, and a pipe gets none either way."""
    assert "\x1b[32m" in run("--only", "fine", color=True).stdout
    assert "\x1b" not in run("--only", "fine", color=True, env={"NO_COLOR": "1"}).stdout
    assert "\x1b" not in run("--only", "fine").stdout


def test_no_checks_at_all_is_healthy_and_said(run) -> None:
    """On stderr, so that it is not taken for a result."""
    nothing = run(checks=())

    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert nothing.stderr == "There are no checks in tocsin.toml.\n"
