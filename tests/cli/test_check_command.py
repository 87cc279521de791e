"""`tocsin check`, from tocsin.toml to the exit status, with real probes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tocsin.cli.commands.check import command

WORKSPACE = """
[[check]]
name = "fine"
kind = "command"
alert = "It"
command = "echo 12 jobs"
figure = true
unit = "jobs"

[[check]]
name = "broken"
kind = "command"
alert = "It"
command = "printf 'no \\\\033[31mdisk'; exit 1"

[[check]]
name = "memory"
kind = "memory"
alert = "It"
free_percent = 0
fire_after_duration = "2m"
"""


@pytest.fixture
def run(tmp_path: Path):
    """Run the command on a real tocsin.toml."""

    def run(*words: str, written: str = WORKSPACE, **more) -> Result:
        (tmp_path / "tocsin.toml").write_text(written)
        return CliRunner().invoke(command, ["--workspace", str(tmp_path), *words], **more)

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


def test_verbose_adds_figures_and_options_but_not_ours(run, tmp_path: Path) -> None:
    """What we put beside the options may hold the password of a database."""
    told = run("--verbose", "--only", "fine").stdout

    assert "figure 12 jobs" in told
    assert "command = 'echo 12 jobs'" in told
    assert "every 30s, fires after 3 in a row, recovers after 2" in told

    asked = run("--verbose", written=QUEUE.format(file=jobs(tmp_path)))
    assert asked.stdout.splitlines()[0] == "✗ unhealthy  queue  3 waiting, more than 2."
    assert "target = 'jobs'" in asked.stdout
    assert "_target" not in asked.stdout


QUEUE = """
[[target]]
name = "jobs"
kind = "sqlite"
url = "{file}"

[[check]]
name = "queue"
kind = "queue"
alert = "QueueGrows"
target = "jobs"
sql = "SELECT count(*) FROM jobs"
above = 2
"""


def jobs(here: Path) -> Path:
    """Return a SQLite file with three jobs."""
    file = here / "jobs.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO jobs (id) VALUES (?)", [(1,), (2,), (3,)])
        connection.commit()
    return file


def test_verbose_tells_a_duration_where_one_decides(run) -> None:
    """The count is then not looked at, so it is not shown."""
    assert "fires after 2m, recovers after 2" in run("--verbose", "--only", "memory").stdout


def test_only_takes_several_names_and_refuses_unknown_ones(run) -> None:
    """With the names there are: at night one mistypes."""
    assert len(run("--only", "fine", "--only", "broken").stdout.splitlines()) == 2

    wrong = run("--only", "fien")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert wrong.stderr == (
        "There is no check 'fien' in tocsin.toml.\nThere are: fine, broken, memory.\n"
    )


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("[[check]]\nname = 'x'\nkind = 'htp'\nalert = 'It'\n", "tocsin.toml:3"),
        ("[[check]]\nname = 'x'\nkind = 'tcp'\nalert = 'It'\nhost = 'a'\n", "'port' is missing"),
    ],
)
def test_a_wrong_configuration_is_exit_status_2(run, written, names) -> None:
    """Not 3: nothing has been looked at. The line is named."""
    wrong = run(written=written)

    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert names in wrong.stderr


def test_no_configuration_is_exit_status_2(tmp_path: Path) -> None:
    """With what to do about it."""
    wrong = CliRunner().invoke(command, ["--workspace", str(tmp_path)])

    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "tocsin init" in wrong.stderr


def test_colour_is_only_for_terminals_that_want_it(run) -> None:
    """NO_COLOR rules, and a pipe gets none either way."""
    assert "\x1b[32m" in run("--only", "fine", color=True).stdout
    assert "\x1b" not in run("--only", "fine", color=True, env={"NO_COLOR": "1"}).stdout
    assert "\x1b" not in run("--only", "fine").stdout


def test_no_checks_at_all_is_healthy_and_said(run) -> None:
    """On stderr, so that it is not taken for a result."""
    nothing = run(written="")

    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert nothing.stderr == "There are no checks in tocsin.toml.\n"
