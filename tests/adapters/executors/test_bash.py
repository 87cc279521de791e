"""Bash, for real: what the sandbox lets through, what survives, what is kept of the output."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.adapters.executors.bash import BashExecutor
from tocsin.core.run import Command, Limits, Outcome
from tocsin.core.runbook import Language
from tocsin.core.workspace import Target, TargetKind
from tocsin.ports.executors import Execution

sandbox = [
    pytest.mark.sandbox,
    pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap (bwrap) is not installed"),
]


def run(
    text: str,
    *,
    read_only: bool,
    directory: str = "",
    environment: Mapping[str, str] | None = None,
    executor: BashExecutor | None = None,
    limits: Limits | None = None,
) -> tuple[Outcome, str]:
    """Run `text` and return how it ended and what it said."""
    execution = Execution(
        command=Command(
            language=Language.BASH,
            text=text,
            target="here",
            runbook_sha256="0" * 64,
            step_line=1,
            limits=limits or Limits(time=timedelta(seconds=20)),
        ),
        target=Target(name="here", kind=TargetKind.LOCAL, directory=directory),
        environment=environment or {},
        read_only=read_only,
    )
    said: list[bytes] = []
    outcome = (executor or BashExecutor()).run(execution, said.append)
    return outcome, b"".join(said).decode(errors="replace")


def look(text: str, **more: object) -> tuple[Outcome, str]:
    return run(text, read_only=True, **more)  # type: ignore[arg-type]


def change(text: str, **more: object) -> tuple[Outcome, str]:
    return run(text, read_only=False, **more)  # type: ignore[arg-type]


def processes_called(word: str) -> list[str]:
    """Return the command lines on this machine that hold `word`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if word in line and int(entry.parent.name) != os.getpid():
            found.append(line)
    return found


def test_the_sandbox_is_a_promise_so_these_tests_run_where_it_is() -> None:
    """A machine without bubblewrap must say so instead of looking ready."""
    ready = BashExecutor().ready(Target(name="here", kind=TargetKind.LOCAL), read_only=True)

    assert (ready == "") == bool(shutil.which("bwrap"))


class TestLooking:
    pytestmark = sandbox

    def test_what_it_prints_comes_out_in_order(self, tmp_path: Path) -> None:
        """Errors between lines of output must stay where they happened."""
        outcome, said = look("echo one; echo two >&2; pwd; exit 3", directory=str(tmp_path))

        assert said == f"one\ntwo\n{tmp_path}\n"
        assert outcome == Outcome(exit_status=3)

    @pytest.mark.parametrize(
        "attempt",
        [
            "touch {folder}/x",
            "echo x > {folder}/x",
            "rm {folder}/kept",
            "mv {folder}/kept {folder}/x",
            "chmod 000 {folder}/kept",
            "truncate -s 0 {folder}/kept",
            "ln -s /etc {folder}/x",
            "mkdir /run/tocsin-x",
            "echo x > /dev/tocsin-x",
            "echo x > /var/tmp/tocsin-x",
            "mount -o remount,rw / && touch {folder}/x",
            "mount -t tmpfs none {folder}",
            "unshare -Urm sh -c 'mount -o remount,rw /; touch {folder}/x'",
            "unshare -m sh -c 'mount -o remount,rw,bind / ; touch {folder}/x'",
            "echo 1 > /proc/sys/vm/drop_caches",
            "mknod {folder}/x b 7 0",
        ],
    )
    def test_nothing_on_the_machine_can_be_written(self, attempt: str, tmp_path: Path) -> None:
        """Read-only is a wall, not a promise of the allow-list."""
        (tmp_path / "kept").write_text("as it was")
        before = (tmp_path / "kept").stat().st_mode

        outcome, _ = look(attempt.format(folder=tmp_path), directory=str(tmp_path))

        assert outcome.exit_status not in {0, None}
        assert [path.name for path in tmp_path.iterdir()] == ["kept"]
        assert (tmp_path / "kept").read_text() == "as it was"
        assert (tmp_path / "kept").stat().st_mode == before
        for place in ("/run/tocsin-x", "/dev/tocsin-x", "/var/tmp/tocsin-x"):
            assert not Path(place).exists()

    def test_no_other_process_is_a_door_to_the_real_root(self, tmp_path: Path) -> None:
        """/proc/PID/root of a process outside leads around a read-only mount; bubblewrap's own
        monitor was such a door for root before the sandbox got a user namespace."""
        text = f"for p in /proc/[0-9]*; do touch $p/root{tmp_path}/door $p/cwd{tmp_path}/door; done"

        look(f"({text}) 2>/dev/null")

        assert list(tmp_path.iterdir()) == []

    def test_its_scratch_is_private_and_small_and_gone_afterwards(self) -> None:
        """Here-documents and sort need somewhere to write; the machine's memory is not it."""
        outcome, said = look(
            'cat <<< word; echo x > "$TMPDIR/tocsin-scratch" && echo wrote;'
            ' head -c 200M /dev/zero > "$TMPDIR/big" || echo full'
        )

        assert "word\nwrote\n" in said
        assert said.endswith("full\n")
        assert outcome.exit_status == 0
        assert not Path("/dev/shm/tocsin-scratch").exists()

    def test_the_processes_of_the_machine_are_seen_but_out_of_reach(self) -> None:
        """A runbook asks whether the worker runs; it must not be able to end it."""
        bystander = subprocess.Popen(["sleep", "271"])
        try:
            outcome, said = look(f"pgrep -fa 'sleep 271'; kill -9 {bystander.pid}")

            assert f"{bystander.pid} sleep 271" in said
            assert outcome.exit_status == 1
            assert bystander.poll() is None
        finally:
            bystander.kill()
            bystander.wait()

    def test_ps_works_every_time(self) -> None:
        """The most common look of all must not fail by chance."""
        for _ in range(10):
            outcome, said = look("ps aux")
            assert outcome.exit_status == 0
            assert len(said.splitlines()) > 5

    @pytest.mark.parametrize(
        "text", ["setsid sleep 2711 & echo hi", "nohup sleep 2711 >/dev/null 2>&1 & echo hi"]
    )
    def test_nothing_survives_its_end(self, text: str) -> None:
        """When we say it is over, it is over, sessions of its own included."""
        outcome, said = look(text)

        assert outcome.exit_status == 0
        assert "hi\n" in said
        assert processes_called("sleep 2711") == []

    def test_nothing_survives_the_time_limit(self) -> None:
        """A limit that ends only the first process would be none."""
        limits = Limits(time=timedelta(seconds=0.5))
        began = time.monotonic()

        outcome, said = look(
            "trap '' TERM INT HUP; echo started; setsid sleep 2712 & sleep 2712", limits=limits
        )

        assert time.monotonic() - began < 5
        assert outcome == Outcome(
            exit_status=None,
            timed_out=True,
            said="Stopped: it was still running after its time limit of 0.5 s.",
        )
        assert said == "started\n"
        assert processes_called("sleep 2712") == []

    def test_a_gigabyte_of_output_keeps_memory_flat(self) -> None:
        """Head and tail are kept, the middle is counted; we do not grow with what comes."""
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        limits = Limits(time=timedelta(seconds=60), output_bytes=1000)

        outcome, said = look(
            "echo first; yes xxxxxxxxx | head -c 1000000000; echo last", limits=limits
        )

        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 32 * 1024
        assert outcome.exit_status == 0
        assert said.startswith("first\nxxxxxxxxx\n")
        assert said.endswith("\nxxxxxxxxx\nlast\n")
        kept = re.sub(r"\n\[(\d+) bytes cut here\]\n", "", said)
        assert f"[{1_000_000_011 - len(kept)} bytes cut here]" in said
        assert len(said) < 1100

    def test_a_memory_hog_is_refused_memory(self) -> None:
        """The limit is on what is used, so that it must hurt the statement and not us."""
        limits = Limits(memory_bytes=200 * 1024 * 1024)

        outcome, said = look(
            f"{sys.executable} -S -c 'bytearray(500 * 1024 * 1024)'", limits=limits
        )

        assert outcome.exit_status == 1
        assert "MemoryError" in said

    def test_only_the_given_environment_is_seen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the server holds in its environment is no business of a statement."""
        monkeypatch.setenv("TOCSIN_TEST_OURS", "secret-of-the-server")

        _, said = look("env; cat /proc/self/environ", environment={"QUEUE": "a b$(id)"})

        assert "secret-of-the-server" not in said
        assert "QUEUE=a b$(id)\n" in said
        names = {line.split("=")[0] for line in said.split("\0")[0].splitlines() if "=" in line}
        assert names <= {*("PATH", "HOME", "LANG", "TMPDIR", "QUEUE"), *("PWD", "SHLVL", "_")}

    def test_no_argument_on_the_machine_shows_the_environment(self) -> None:
        """Every user can read arguments, so a secret must never be one."""
        _, said = look("cat /proc/[0-9]*/cmdline | tr '\\0' ' '", environment={"S": "hunter-8731"})

        assert "hunter-8731" not in said
        assert "--unshare-pid" in said

    def test_a_function_in_the_environment_is_not_imported(self) -> None:
        """A label that becomes a variable must not be able to become code."""
        _, said = look(
            "ls /dev/null", environment={"BASH_FUNC_ls%%": "() { echo owned; }", "BASH_ENV": "/x"}
        )

        assert said == "/dev/null\n"

    def test_standard_input_is_empty(self) -> None:
        """Whatever asks for input gets an end, not a wait."""
        assert look("cat; read x; echo $?") == (Outcome(exit_status=0), "1\n")

    def test_a_cwd_that_is_not_there_is_said(self) -> None:
        """A folder deleted since the start is a fact for the incident."""
        outcome, _ = look("true", directory="/does/not/exist")

        assert outcome.exit_status is None
        assert "/does/not/exist" in outcome.said

    def test_a_failure_to_hand_on_output_leaves_nothing_running(self) -> None:
        """If the store fails while output streams, the statement is ended all the same."""

        class Full(Exception):
            pass

        def full(_: bytes) -> None:
            raise Full

        execution = Execution(
            command=Command(
                language=Language.BASH,
                text="echo x; sleep 2713",
                target="here",
                runbook_sha256="",
                step_line=1,
            ),
            target=Target(name="here", kind=TargetKind.LOCAL),
            environment={},
            read_only=True,
        )
        with pytest.raises(Full):
            BashExecutor().run(execution, full)
        assert processes_called("sleep 2713") == []


class TestWithoutASandbox:
    def test_looking_is_refused_and_says_what_to_install(self, tmp_path: Path) -> None:
        """Execution fails closed: there is no way around a missing sandbox."""
        executor = BashExecutor(bwrap="bwrap-that-is-not-there")

        outcome, said = look(f"touch {tmp_path}/x", executor=executor)

        assert outcome.exit_status is None
        assert "apt install bubblewrap" in outcome.said
        assert said == ""
        assert list(tmp_path.iterdir()) == []

    def test_a_sandbox_that_does_not_start_is_none(self, tmp_path: Path) -> None:
        """Containers often have the program but not the right to use it."""
        broken = tmp_path / "bwrap"
        broken.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
        broken.chmod(0o755)

        outcome, _ = look("true", executor=BashExecutor(bwrap=str(broken)))

        assert outcome.exit_status is None
        assert "No permissions to create new namespace" in outcome.said

    def test_a_change_needs_none(self, tmp_path: Path) -> None:
        """What a person approved runs on the machine as it is."""
        executor = BashExecutor(bwrap="bwrap-that-is-not-there")

        outcome, said = change(f"touch {tmp_path}/x; echo done", executor=executor)

        assert (outcome, said) == (Outcome(exit_status=0), "done\n")
        assert (tmp_path / "x").exists()


class TestChanging:
    def test_a_broken_store_is_not_taken_for_a_command_that_never_ran(self, tmp_path: Path) -> None:
        """It did run, so saying otherwise would have a person run it again."""

        def full(_: bytes) -> None:
            raise OSError(28, "No space left on device")

        execution = Execution(
            command=Command(
                language=Language.BASH,
                text=f"touch {tmp_path}/x; echo x",
                target="here",
                runbook_sha256="",
                step_line=1,
            ),
            target=Target(name="here", kind=TargetKind.LOCAL),
            environment={},
            read_only=False,
        )
        with pytest.raises(OSError, match="No space left"):
            BashExecutor().run(execution, full)
        assert (tmp_path / "x").exists()

    def test_what_the_kernel_refuses_never_ran(self) -> None:
        """An environment beyond the kernel's limit is a refusal, not a defect."""
        environment = {f"V{number}": "x" * 90_000 for number in range(80)}

        outcome, _ = change("true", environment=environment)

        assert outcome.exit_status is None
        assert outcome.said == "It could not be started: Argument list too long."

    def test_what_it_leaves_behind_lives_on_and_holds_nobody_up(self, tmp_path: Path) -> None:
        """Restarting a worker starts a process that keeps our pipe open for ever."""
        began = time.monotonic()

        outcome, said = change(f"setsid sleep 30 & echo $! > {tmp_path}/pid; echo restarted")

        pid = int((tmp_path / "pid").read_text())
        try:
            assert time.monotonic() - began < 5
            assert (outcome, said) == (Outcome(exit_status=0), "restarted\n")
            os.kill(pid, 0)
        finally:
            os.kill(pid, 9)

    def test_the_time_limit_ends_the_group(self) -> None:
        """Children in the background go with it."""
        began = time.monotonic()

        outcome, _ = change("sleep 2714 & sleep 2714", limits=Limits(time=timedelta(seconds=0.5)))

        assert time.monotonic() - began < 5
        assert outcome.timed_out
        assert outcome.exit_status is None
        time.sleep(0.1)
        assert processes_called("sleep 2714") == []

    def test_a_process_that_closes_its_output_is_waited_for(self, tmp_path: Path) -> None:
        """The end of the output is not the end of the process."""
        outcome, _ = change(f"exec >/dev/null 2>&1; sleep 0.3; touch {tmp_path}/x; exit 4")

        assert outcome.exit_status == 4
        assert (tmp_path / "x").exists()

    def test_a_signal_reads_as_in_a_shell(self) -> None:
        """Nobody should have to translate -9."""
        outcome, _ = change("kill -9 $$")

        assert outcome == Outcome(exit_status=137, said="It was killed by SIGKILL.")

    def test_it_does_not_see_our_environment_either(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An approval is of a command, not of the server's secrets."""
        monkeypatch.setenv("TOCSIN_TEST_OURS", "secret-of-the-server")

        _, said = change("env", environment={"A": "b"})

        assert "secret-of-the-server" not in said
        assert "A=b" in said


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("touch {folder}/x\nif true; then", "cannot parse"),
        ("touch {folder}/x; echo 'open", "cannot parse"),
        ("touch {folder}/x\ncat <<END\nno end", "cannot parse"),
        ("touch {folder}/x \0", "NUL"),
        ("touch {folder}/x # \ud800", "half a character"),
        ("touch {folder}/x # " + "x" * 200_000, "longer than"),
    ],
)
def test_text_that_is_not_whole_does_not_run_at_all(text: str, reason: str, tmp_path: Path) -> None:
    """Bash runs line by line and would do the first half before it sees the second."""
    outcome, said = change(text.replace("{folder}", str(tmp_path)))

    assert outcome.exit_status is None
    assert reason in outcome.said
    assert said == ""
    assert list(tmp_path.iterdir()) == []


def test_other_targets_are_not_ours() -> None:
    """Bash on a database is a mistake in the workspace, and is said as such."""
    ready = BashExecutor().ready(Target(name="db", kind=TargetKind.POSTGRES), read_only=False)

    assert "db is postgres" in ready


def test_no_descriptor_is_lost() -> None:
    """A server that runs for months must not run out of them."""
    change("true")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        change("echo x")
        look("echo x")
        change("sleep 9", limits=Limits(time=timedelta(seconds=0.05)))

    assert len(os.listdir("/proc/self/fd")) == before
