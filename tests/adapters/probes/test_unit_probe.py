"""Asking a real supervisor, where there is one, and the systemctl of this machine."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.adapters.probes.unit import UnitProbe
from tocsin.adapters.spawning import ENVIRONMENT
from tocsin.core.workspace import CheckKind

CONFIG = """
[supervisord]
nodaemon=true
logfile={here}/log
pidfile={here}/pid
childlogdir={here}
[unix_http_server]
file={here}/s
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{here}/s
[program:worker]
command=sleep 600
startsecs=0
[program:idle]
command=sleep 600
autostart=false
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[str]:
    """A supervisor of our own with one unit up and one down; the path of its configuration."""
    program = shutil.which("supervisord")
    if program is None or shutil.which("supervisorctl") is None:
        pytest.skip("needs supervisor")
    config = tmp_path / "supervisord.conf"
    config.write_text(CONFIG.format(here=tmp_path))
    running = subprocess.Popen(
        [program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with running:
        for _ in range(200):
            if (tmp_path / "s").exists():
                break
            time.sleep(0.05)
        yield str(config)
        running.terminate()


def test_supervisor_says_what_is_up_and_what_is_down(check, supervisor) -> None:
    """Its words are kept, so that people can look them up."""
    probe = UnitProbe()

    def look(unit):
        return probe.look(
            check(CheckKind.UNIT, unit=unit, control="supervisorctl", config=supervisor)
        )

    assert look("worker").said == "supervisorctl says worker is running."
    assert look("worker").healthy
    assert (look("idle").healthy, look("idle").said) == (
        False,
        "supervisorctl says idle is stopped.",
    )
    assert (look("nobody").healthy, look("nobody").said) == (
        False,
        "supervisorctl cannot tell how nobody is: nobody: ERROR (no such process).",
    )


def test_a_supervisor_that_is_not_there_is_unhealthy(check, tmp_path: Path) -> None:
    """Whoever would restart the worker is gone himself."""
    config = tmp_path / "supervisord.conf"
    config.write_text(CONFIG.format(here=tmp_path))

    reading = UnitProbe(str(tmp_path)).look(
        check(CheckKind.UNIT, unit="worker", control="supervisorctl", config="supervisord.conf")
    )

    assert not reading.healthy
    assert reading.said.startswith("supervisorctl cannot tell how worker is: ")


def test_a_unit_that_systemd_does_not_know_is_unhealthy(check) -> None:
    """Also where no systemd runs, or is installed, at all."""
    reading = UnitProbe().look(check(CheckKind.UNIT, unit="no-such-unit-of-ours.service"))

    assert not reading.healthy
    assert "systemctl" in reading.said


def test_systemd_is_asked_in_its_own_words(check, tmp_path: Path, monkeypatch) -> None:
    """A stand-in, as a test cannot bring systemd up; it answers as `is-active` does."""
    for name, ending in (("up", "echo active"), ("down", "echo failed; exit 3")):
        (tmp_path / name).mkdir()
        program = tmp_path / name / "systemctl"
        program.write_text(f'#!/bin/sh\n[ "$1 $2" = "is-active it.service" ] || exit 9\n{ending}\n')
        program.chmod(0o755)
    probe = UnitProbe()

    monkeypatch.setitem(ENVIRONMENT, "PATH", str(tmp_path / "up"))
    up = probe.look(check(CheckKind.UNIT, unit="it.service"))
    monkeypatch.setitem(ENVIRONMENT, "PATH", str(tmp_path / "down"))
    down = probe.look(check(CheckKind.UNIT, unit="it.service"))

    assert (up.healthy, up.said) == (True, "systemctl says it.service is active.")
    assert (down.healthy, down.said) == (False, "systemctl says it.service is failed.")


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"unit": "--version"}, "'unit'"),
        ({"unit": "worker", "control": "sh"}, "'control'"),
        ({}, "'unit'"),
    ],
)
def test_an_odd_option_is_named(check, options, names) -> None:
    """A unit that is an option would have any command say it is fine."""
    reading = UnitProbe().look(check(CheckKind.UNIT, **options))

    assert not reading.healthy
    assert names in reading.said
