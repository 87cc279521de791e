"""The sandbox, for real: what a look sees of the machine in each profile."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import zoo
from tocsin.adapters.executors.bash import BashExecutor
from tocsin.adapters.keeping import sandbox
from tocsin.core.run import Command, Limits, Outcome
from tocsin.core.runbook import Language
from tocsin.core.workspace import Profile, Target, TargetKind
from tocsin.ports.executors import Execution, Stop
from tocsin.reading.programs import programs_in

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap (bwrap) is not installed"),
]


def look(
    text: str,
    *,
    profile: Profile = Profile.HOST,
    directory: str = "",
    hidden: Collection[str] = (),
    seconds: float = 20,
    stop: Stop | None = None,
    marker: str = "zoo-none",
) -> tuple[Outcome, str]:
    """Look with `text`; return how it ended and what it said."""
    execution = Execution(
        command=Command(
            language=Language.BASH,
            text=text,
            target="here",
            runbook_sha256="0" * 64,
            step_line=1,
            limits=Limits(time=timedelta(seconds=seconds)),
        ),
        target=Target(name="here", kind=TargetKind.LOCAL, directory=directory, profile=profile),
        environment={"ZOO": marker},
        read_only=True,
        programs=programs_in(text),
        stop=stop or Stop(),
    )
    said: list[bytes] = []
    outcome = BashExecutor(hidden=hidden).run(execution, said.append)
    return outcome, b"".join(said).decode(errors="replace")


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A daemon that does what it is told, and whose client is called `client`."""
    path = tmp_path / "control.sock"
    monkeypatch.setattr(sandbox, "CONTROL_SOCKETS", {str(path): frozenset({"client"})})
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        yield path


ASK = 'python3 -c \'import socket; socket.socket(socket.AF_UNIX).connect("{}"); print("told")\''


def test_a_daemon_that_obeys_anybody_is_not_there(daemon: Path) -> None:
    """Read-only is worth nothing if a line into a socket has docker do the writing."""
    outcome, said = look(ASK.format(daemon))

    assert outcome.exit_status == 1
    assert "ConnectionRefusedError" in said


def test_a_daemon_is_there_for_its_own_client(daemon: Path) -> None:
    """`docker ps` is the most common look of all; what it is told was judged word by word."""
    outcome, said = look(f"client ps 2>/dev/null; {ASK.format(daemon)}")

    assert outcome.exit_status == 0
    assert said == "told\n"


def test_a_client_that_is_only_quoted_opens_no_door(daemon: Path) -> None:
    """What hides in an argument was judged as an argument, not as the client."""
    _, said = look(f"echo 'system(\"client rm\")'; {ASK.format(daemon)}")

    assert "ConnectionRefusedError" in said


@pytest.mark.parametrize("profile", Profile)
def test_our_own_files_cannot_be_read(profile: Profile, tmp_path: Path) -> None:
    """The database holds the key that signs links; a look that prints it would give it away."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "tocsin.db").write_text("the-key")
    (tmp_path / "password").write_text("the-password")
    (tmp_path / "notes").write_text("the-notes")

    _, said = look(
        "cat data/* password; ls data; cat notes",
        directory=str(tmp_path),
        hidden=[
            str(folder),
            str(folder / "tocsin.db"),
            str(tmp_path / "password"),
            str(tmp_path / "not-there"),
        ],
        profile=profile,
    )

    assert "the-key" not in said
    assert "the-password" not in said
    assert said.endswith("the-notes")


def test_a_contained_look_sees_neither_processes_nor_the_network() -> None:
    """Where a machine is shared, what others run there is not for every runbook."""
    outcome, said = look(
        "ls -d /proc/[0-9]* | wc -l; wc -l < /proc/net/dev; kill -0 1 && echo own",
        profile=Profile.CONTAINED,
    )

    processes, devices, own = said.split()
    assert outcome.exit_status == 0
    assert int(processes) < 10
    assert int(devices) == 3  # two lines of heading, and the loopback of its own
    assert own == "own"


def test_a_contained_look_sees_no_home_but_its_directory(tmp_path: Path) -> None:
    """The directory is what the team has pointed it at, wherever that lies."""
    (tmp_path / "log").write_text("a line\n")

    outcome, said = look(
        f"cat {tmp_path}/log; ls -A /root /home /run; ls /tmp | wc -l",
        profile=Profile.CONTAINED,
        directory=str(tmp_path),
    )

    assert outcome.exit_status == 0
    assert said.splitlines()[:2] == ["a line", "/home:"]
    assert int(said.splitlines()[-1]) <= 1


@pytest.mark.parametrize("profile", Profile)
def test_its_temporary_folder_is_empty_small_and_its_own(profile: Profile) -> None:
    """Memory of the machine must not be what a look fills up."""
    _, said = look(
        'ls -A "$TMPDIR"; head -c 200M /dev/zero > "$TMPDIR/x"; stat -c %s "$TMPDIR/x"',
        profile=profile,
    )

    assert int(said.splitlines()[-1]) == 64 * 1024 * 1024


@pytest.mark.parametrize("text", zoo.STUCK.values(), ids=zoo.STUCK.keys())
def test_nothing_gets_away_when_time_is_up(text: str) -> None:
    """The kernel ends everything in it; nothing is alive when we say that it is over."""
    marker = f"zoo-{os.urandom(6).hex()}"

    outcome, _ = look(f": {marker}; {text}", seconds=0.6, marker=marker)

    assert outcome.timed_out
    assert zoo.alive(marker) == []


@pytest.mark.parametrize("text", zoo.ENDING.values(), ids=zoo.ENDING.keys())
def test_what_ends_badly_is_an_outcome_and_bounded(text: str) -> None:
    """Whatever it does, it is told in a few kilobytes, and nothing raises."""
    marker = f"zoo-{os.urandom(6).hex()}"

    outcome, said = look(f": {marker}; {text}", seconds=30, marker=marker)

    assert not outcome.timed_out
    assert not outcome.lost
    assert len(said) < 80 * 1024
    assert zoo.alive(marker) == []


def test_a_look_is_stopped_like_a_change() -> None:
    """The global stop stops everything, whatever it was allowed to do."""
    stop = Stop()
    threading.Timer(0.3, lambda: stop.set("Stopped by ada at 03:10:07 UTC")).start()

    outcome, _ = look("setsid sleep 600 & sleep 601", stop=stop)

    assert outcome == stop.outcome()


def test_a_program_of_this_machine_is_recognised_behind_its_wrappers() -> None:
    """`sudo docker ps` is a call of docker; a word inside a script is not."""
    words = programs_in("sudo /usr/bin/docker ps | awk 'system(\"podman rm\")'")

    assert {"sudo", "docker", "awk"} <= words
    assert "podman" not in words
