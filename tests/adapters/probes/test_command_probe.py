"""Running real commands."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.adapters.probes.command import CommandProbe
from tocsin.core.workspace import CheckKind


def look(check, workspace="", **options):
    return CommandProbe(str(workspace)).look(check(CheckKind.COMMAND, **options))


def test_exit_status_zero_is_healthy_and_another_is_not(check) -> None:
    """With the first line of what it said, whichever stream it said it on."""
    good = look(check, command="echo; echo all fine; echo more")
    bad = look(check, command="echo no disk >&2; exit 3")

    assert (good.healthy, good.said) == (True, "Exit status 0: all fine")
    assert (bad.healthy, bad.said) == (False, "Exit status 3: no disk")
    assert look(check, command="false").said == "Exit status 1, and nothing said."
    assert look(check, command="kill -9 $$").said == "Killed by signal 9, and nothing said."


def test_a_list_runs_without_a_shell(check) -> None:
    """A word with a dollar stays that word."""
    assert look(check, command=["echo", "$HOME; id"]).said == "Exit status 0: $HOME; id"


def test_it_sees_a_cleared_environment(check, monkeypatch) -> None:
    """Our secrets stand in our environment, and are none of a check's business."""
    monkeypatch.setenv("TOCSIN_SECRET_KEY", "hunter2")

    reading = look(check, command="env | cut -d= -f1 | sort | tr '\\n' ' '")

    names = set(reading.said.removeprefix("Exit status 0: ").split())
    assert {"PATH", "LANG"} <= names <= {"PATH", "LANG", "PWD", "SHLVL", "_", "OLDPWD"}


def test_it_runs_in_the_workspace_or_a_directory_from_there(check, tmp_path: Path) -> None:
    """Teams write paths relative to their tocsin.toml."""
    (tmp_path / "jobs").mkdir()

    assert look(check, tmp_path, command="pwd").said == f"Exit status 0: {tmp_path}"
    inside = look(check, tmp_path, command="pwd", directory="jobs")
    assert inside.said == f"Exit status 0: {tmp_path}/jobs"
    assert "No such file" in look(check, tmp_path, command="pwd", directory="gone").said


def test_the_first_number_is_the_figure_when_it_is_wanted(check) -> None:
    """Only then: a date in the output is no figure."""
    assert look(check, command="echo lag 12.5 of 40").figure is None
    reading = look(check, command="echo lag 12.5 of 40", figure=True, unit="s")
    assert (reading.figure, reading.unit, reading.healthy) == (12.5, "s", True)


def test_a_figure_can_be_too_high_or_too_low(check) -> None:
    """`above` and `below` name what is wrong; the limit itself is fine."""
    assert look(check, command="echo 10", above=10).healthy
    high = look(check, command="echo 11", above=10, unit="jobs")
    assert (high.healthy, high.said, high.figure) == (False, "11 jobs is above 10.", 11)
    assert look(check, command="echo -3", below=-2.5).said == "-3 is below -2.5."
    endless = look(check, command=f"echo {'9' * 400}", above=10)
    assert (endless.healthy, endless.figure) == (False, None)
    silent = look(check, command="echo none", above=10)
    assert (silent.healthy, silent.said) == (False, "Exit status 0, but no number in the output.")


def test_time_is_up_for_the_command_and_all_it_started(check, tmp_path: Path) -> None:
    """A hanging script must not pile up, look after look, with its children."""
    pid = tmp_path / "pid"

    reading = look(
        check,
        command=f"sleep 60 & echo $! > {pid}; sleep 60",
        timeout=timedelta(seconds=0.6),
    )

    assert (reading.healthy, reading.said) == (False, "No answer within 0.6s.")
    assert reading.took < timedelta(seconds=1.5)
    assert gone(int(pid.read_text()))


def test_what_it_leaves_in_the_background_is_ended_and_not_waited_for(
    check, tmp_path: Path
) -> None:
    """It holds our end of the pipe open; the command itself is done."""
    pid = tmp_path / "pid"

    reading = look(check, command=f"sleep 60 & echo $! > {pid}; echo done")

    assert (reading.healthy, reading.said) == (True, "Exit status 0: done")
    assert reading.took < timedelta(seconds=1)
    assert gone(int(pid.read_text()))


def gone(pid: int) -> bool:
    """Whether the process ends within a second; one that is dead but unreaped has ended."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


def test_a_flood_of_output_neither_fills_memory_nor_blocks(check) -> None:
    """64 KiB are kept, the rest is read and dropped, so that the command can end."""
    reading = look(check, command="head -c 5000000 /dev/zero | tr '\\0' x; exit 4")

    assert reading.said.startswith("Exit status 4: xxx")
    assert len(reading.said) < 300


def test_terminal_sequences_do_not_come_through(check) -> None:
    """What a command says may hold what an attacker wrote."""
    reading = look(check, command="printf '\\033[2Jgone\\377'")

    assert reading.said == "Exit status 0: ?[2Jgone\ufffd"


@pytest.mark.parametrize(
    "command", [["no-such-program"], ["/etc/passwd"], "exec /nowhere", ["a\0b"], [""]]
)
def test_what_cannot_be_started_is_unhealthy(check, command) -> None:
    """Never an error of ours."""
    reading = look(check, command=command)

    assert not reading.healthy
    assert reading.said


def test_nothing_of_the_probe_stays_open(check) -> None:
    """A check runs a million times a year."""
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        look(check, command="echo x")

    assert len(os.listdir("/proc/self/fd")) <= before
