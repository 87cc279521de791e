"""Looking at this very machine: disk, memory, processes."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.adapters.probes.disk import DiskProbe
from tocsin.adapters.probes.memory import MemoryProbe
from tocsin.adapters.probes.process import ProcessProbe
from tocsin.core.workspace import CheckKind


def test_the_room_on_a_disk_is_what_the_system_says(check, tmp_path: Path) -> None:
    """The figure is checked against the standard library's own arithmetic, roughly."""
    room = os.statvfs(tmp_path)
    free = 100 * room.f_bavail / (room.f_blocks - room.f_bfree + room.f_bavail)

    reading = DiskProbe().look(check(CheckKind.DISK, path=str(tmp_path), free_percent=0))

    assert reading.healthy
    assert reading.figure == pytest.approx(free, abs=2)
    assert reading.unit == "%"


def test_too_little_room_is_unhealthy(check, tmp_path: Path) -> None:
    """No disk in use is all free."""
    probe = DiskProbe(str(tmp_path))

    reading = probe.look(check(CheckKind.DISK, path=".", free_percent=100))

    assert not reading.healthy
    assert reading.said.endswith(", less than 100%.")


def test_a_path_that_is_not_there_is_unhealthy(check) -> None:
    """A disk that is not mounted may be the whole problem."""
    for path in ("/no/such/place", "a\0b"):
        assert not DiskProbe().look(check(CheckKind.DISK, path=path)).healthy


def test_free_memory_is_what_the_kernel_calls_available(check, tmp_path: Path) -> None:
    """Not what is free: caches are given back."""
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 250 kB\nOdd:\n")
    probe = MemoryProbe(str(meminfo))

    fine = probe.look(check(CheckKind.MEMORY, free_percent=25))
    short = probe.look(check(CheckKind.MEMORY, free_percent=26))

    assert (fine.healthy, fine.figure, fine.unit) == (True, 25.0, "%")
    assert (short.healthy, short.said) == (
        False,
        "25.0% of the memory is free, less than 26%.",
    )


def test_this_machine_has_memory(check) -> None:
    """The real file is read without a fuss."""
    reading = MemoryProbe().look(check(CheckKind.MEMORY, free_percent=0))

    assert reading.healthy
    assert reading.figure is not None
    assert 0 < reading.figure < 100


@pytest.mark.parametrize("written", ["", "MemTotal: 0 kB\nMemAvailable: 0 kB\n", "MemTotal: x\n"])
def test_a_kernel_that_tells_nothing_is_unhealthy(check, tmp_path: Path, written) -> None:
    """Old kernels and odd containers exist."""
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(written)

    assert not MemoryProbe(str(meminfo)).look(check(CheckKind.MEMORY)).healthy


@pytest.fixture
def worker() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real process with a word on its command line that no other has."""
    word = f"worker-{uuid.uuid4().hex}"
    running = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()", word],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert running.stdout is not None
    running.stdout.readline()
    with running:
        yield word, running
        running.kill()


def test_a_running_process_is_found_and_a_killed_one_is_missed(check, worker) -> None:
    """Dead but not yet reaped is dead."""
    word, running = worker

    there = ProcessProbe().look(check(CheckKind.PROCESS, pattern=f"python.* {word}$"))
    running.kill()
    os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table
    gone = ProcessProbe().look(check(CheckKind.PROCESS, pattern=word))

    assert (there.healthy, there.figure) == (True, 1)
    assert there.said == f"1 process matches 'python.* {word}$'."
    assert (gone.healthy, gone.said) == (False, f"0 processes match '{word}', fewer than 1.")


def test_fewer_processes_than_wanted_are_unhealthy(check, worker) -> None:
    """Half a pool of workers is a finding."""
    reading = ProcessProbe().look(check(CheckKind.PROCESS, pattern=worker[0], at_least=2))

    assert (reading.healthy, reading.figure) == (False, 1)


def test_a_pattern_that_is_none_is_named(check) -> None:
    """With what is wrong about it."""
    reading = ProcessProbe().look(check(CheckKind.PROCESS, pattern="(worker"))

    assert not reading.healthy
    assert reading.said.startswith("The option 'pattern' is no regular expression: missing )")
