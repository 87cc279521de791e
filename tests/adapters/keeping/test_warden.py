"""Wardens, for real: what they end, what they let live, what is left when somebody ends them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import zoo
from tocsin.adapters.executors.bash import BashExecutor
from tocsin.core.run import Command, Limits, Outcome
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution, Stop

_BASH = BashExecutor()
_PATIENCE_S = 15.0  # a busy machine takes its time; how much is for the benchmark to say


@pytest.fixture
def marker() -> Iterator[str]:
    """A word that only processes of this test carry; none of them outlives it."""
    word = f"zoo-{os.urandom(6).hex()}"
    yield word
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (process / "environ").read_bytes() + b"":
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            continue


def change(
    text: str, marker: str, *, seconds: float = 20, stop: Stop | None = None
) -> tuple[Outcome, str]:
    """Run `text` as an approved change; return how it ended and what it said."""
    execution = Execution(
        command=Command(
            language=Language.BASH,
            text=text,
            target="here",
            runbook_sha256="0" * 64,
            step_line=1,
            limits=Limits(time=timedelta(seconds=seconds)),
        ),
        target=Target(name="here", kind=TargetKind.LOCAL),
        environment={"ZOO": marker},
        read_only=False,
        stop=stop or Stop(),
    )
    said: list[bytes] = []
    outcome = _BASH.run(execution, said.append)
    return outcome, b"".join(said).decode(errors="replace")


def becomes_true(holds: Callable[[], bool]) -> bool:
    """Whether it holds soon."""
    deadline = time.monotonic() + _PATIENCE_S
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


@pytest.mark.parametrize("text", zoo.STUCK.values(), ids=zoo.STUCK.keys())
def test_nothing_gets_away_when_time_is_up(text: str, marker: str) -> None:
    """Wherever it went, whatever it ignores: a time limit that leaves something is none."""
    outcome, _ = change(f": {marker}; {text}", marker, seconds=0.6)

    assert outcome.timed_out
    assert not outcome.lost, outcome.said
    assert becomes_true(lambda: not zoo.alive(marker)), zoo.alive(marker)


def test_a_stop_ends_all_of_it_and_says_who_stopped_it(marker: str, tmp_path: Path) -> None:
    """The global stop is for the moment in which somebody sees that it does harm."""
    stop = Stop()

    def press() -> None:
        becomes_true((tmp_path / "going").exists)
        stop.set("Stopped by ada at 03:10:07 UTC")

    threading.Thread(target=press).start()
    text = f"setsid sleep 600 & (setsid sleep 601 &) ; touch {tmp_path}/going; sleep 602"
    outcome, _ = change(text, marker, stop=stop)

    assert outcome == stop.outcome()
    assert outcome.lost
    assert becomes_true(lambda: not zoo.alive(marker))


def test_what_was_stopped_before_it_began_is_ended_as_well(marker: str) -> None:
    """A stop in the instant of the start must not fall between two stools."""
    stop = Stop()
    stop.set("Stopped by ada")

    outcome, _ = change("sleep 600", marker, stop=stop)

    assert outcome.lost
    assert becomes_true(lambda: not zoo.alive(marker))


def test_what_it_leaves_behind_on_purpose_lives_on(marker: str) -> None:
    """`restart the worker` is the reason for most changes; the worker must stay."""
    outcome, said = change("(setsid sleep 600 >/dev/null 2>&1 &); echo restarted", marker)

    assert (outcome, said) == (Outcome(exit_status=0), "restarted\n")
    assert becomes_true(lambda: [line.strip() for line in zoo.alive(marker)] == ["sleep 600"])


def test_its_temporary_folder_is_its_own_and_gone_afterwards(marker: str, tmp_path: Path) -> None:
    """Two steps must not meet in /tmp, and nobody tidies up after a night of incidents."""
    outside = tmp_path / "kept"
    outside.mkdir()
    (outside / "file").touch()

    outcome, said = change(
        'ls -A "$TMPDIR"; stat -c %a "$TMPDIR"; mkdir -p "$TMPDIR/a/b"; touch "$TMPDIR/a/b/c"'
        f'; ln -s {outside} "$TMPDIR/link"; echo "$TMPDIR"',
        marker,
    )

    mode, folder = said.splitlines()
    assert outcome.exit_status == 0
    assert mode == "700"
    assert not Path(folder).exists()
    assert (outside / "file").exists()


def test_a_temporary_folder_is_gone_after_the_time_limit_too(marker: str) -> None:
    """What is stopped tidies up even less."""
    _, said = change('echo "$TMPDIR"; touch "$TMPDIR/x"; sleep 600', marker, seconds=0.4)

    assert not Path(said.strip()).exists()


def test_a_step_that_kills_its_warden_has_an_outcome_that_is_not_known(marker: str) -> None:
    """`pkill python` takes the warden along; nobody may call the step a success then."""
    outcome, _ = change("kill -9 $PPID; sleep 600", marker)

    assert outcome.lost
    assert becomes_true(lambda: not zoo.alive(marker))


def test_a_step_that_stops_its_warden_does_not_outlive_its_time(marker: str) -> None:
    """A warden that cannot act is no licence to go on."""
    outcome, _ = change("kill -STOP $PPID; setsid sleep 600 & sleep 601", marker, seconds=0.3)

    assert outcome.lost
    assert becomes_true(lambda: not zoo.alive(marker))


def test_the_next_change_starts_after_somebody_killed_the_wardens_program(marker: str) -> None:
    """It is a process like any other, and out of memory somebody will be killed."""
    program = "cat /proc/$PPID/status | grep PPid | cut -f2"
    _, said = change(program, marker)
    os.kill(int(said), signal.SIGKILL)

    outcome, again = change(program, marker)

    assert outcome == Outcome(exit_status=0)
    assert again != said


_SERVER = """\
import sys
sys.path[:0] = sys.argv[2:]
import test_warden
test_warden.change(sys.argv[1], sys.argv[1].split()[1], seconds=1.5)
"""


def test_the_time_limit_holds_after_the_server_has_died(marker: str, tmp_path: Path) -> None:
    """A change goes on without the server, in one piece, but not for ever."""
    text = (
        f": {marker} ; touch {tmp_path}/going; for i in $(seq 5); do echo {'x' * 40_000};"
        f" sleep 0.1; done; touch {tmp_path}/whole; setsid sleep 600 & sleep 601"
    )
    paths = [path for path in sys.path if path] + [str(Path(__file__).parent)]
    server = subprocess.Popen([sys.executable, "-c", _SERVER, text, *paths])
    try:
        assert becomes_true((tmp_path / "going").exists)
    finally:
        server.kill()
        server.wait()

    assert becomes_true((tmp_path / "whole").exists)
    assert becomes_true(lambda: not zoo.alive(marker)), zoo.alive(marker)


def test_no_warden_carries_what_the_server_knows(
    marker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step can read its warden's memory and environment, which is why nothing is in there."""
    monkeypatch.setenv("TOCSIN_TEST_OURS", "secret-of-the-server")

    _, said = change("tr '\\0' '\\n' < /proc/$PPID/environ; ls /proc/$PPID/fd | wc -l", marker)

    assert "secret-of-the-server" not in said
    assert int(said.splitlines()[-1]) < 12
