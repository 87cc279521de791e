"""`make demo`, played for real: it must end well only if everything happened."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, str(ROOT / "scripts" / "demo.py")]
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "KEEP")}
    return {**kept, "DEMO_OUTPUT": str(tmp_path / "demo"), "PYTHONIOENCODING": "utf-8", **more}


def left_behind(folder: Path) -> list[str]:
    """Return the command lines of processes that work in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(process / "cwd")).is_relative_to(folder):
                found.append((process / "cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return found


def without_sandbox(tmp_path: Path) -> str:
    """Return a PATH on which there is no bubblewrap, nor anything else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return str(folder)


@pytest.mark.sandbox
@pytest.mark.timeout(180)
def test_with_no_terminal_it_goes_the_whole_way(tmp_path: Path) -> None:
    """It is what a newcomer runs first, and what a pipeline runs without anybody there."""
    ended = subprocess.run(
        DEMO,
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=170,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "All 10 happened" in ended.stdout
    assert "✗ a" not in ended.stdout
    assert not ESCAPE.search(ended.stdout)
    assert "./jobsctl recover" in (tmp_path / "demo" / "postmortem.md").read_text()
    assert list((tmp_path / "demo" / "mail").glob("*.eml"))
    assert left_behind(tmp_path) == []


class Attended:
    """The demo with somebody at a terminal of 48 columns."""

    def __init__(self, tmp_path: Path, **more: str) -> None:
        self.seen = ""
        self.process, self.terminal = self._start(environment(tmp_path, COLUMNS="48", **more))

    def _start(self, given: dict[str, str]) -> tuple[subprocess.Popen[bytes], int]:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            DEMO, env=given, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        return process, ours

    def read_until(self, text: str) -> None:
        """Read what it prints until `text` comes, or until it ends."""
        while text not in ESCAPE.sub("", self.seen):
            try:
                piece = os.read(self.terminal, 4096)
            except OSError:
                return
            if not piece:
                return
            self.seen += piece.decode(errors="replace")

    def answer(self, text: str) -> None:
        os.write(self.terminal, f"{text}\n".encode())

    def end(self) -> int:
        self.read_until("\0 (never printed)")
        status = self.process.wait(timeout=30)
        os.close(self.terminal)
        return status


@pytest.mark.sandbox
@pytest.mark.timeout(180)
def test_a_person_who_declines_is_obeyed(tmp_path: Path) -> None:
    """Attended, the demo asks; a no means that nothing is changed and the demo fails."""
    demo = Attended(tmp_path, NO_COLOR="1")
    demo.read_until("[y/n]")
    demo.answer("n")

    assert demo.end() == 1
    assert "you did not approve it" in " ".join(demo.seen.split())
    assert not (tmp_path / "demo" / "work" / "run" / "operations.log").exists()
    assert "\x1b" not in demo.seen
    printed = [line for line in demo.seen.splitlines() if "[y/n]" not in line]
    assert max(map(len, printed)) <= 48
    assert left_behind(tmp_path) == []


@pytest.mark.timeout(180)
def test_an_interrupt_leaves_nothing_running(tmp_path: Path) -> None:
    """Ctrl-C in the middle must not leave a service, a server or a worker behind."""
    demo = Attended(tmp_path)
    demo.read_until("poison")
    demo.process.send_signal(signal.SIGINT)

    assert demo.end() == 130
    deadline = time.monotonic() + 5
    while left_behind(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left_behind(tmp_path) == []


@pytest.mark.timeout(180)
def test_without_a_sandbox_every_statement_is_approved_and_it_says_what_is_lost(
    tmp_path: Path,
) -> None:
    """Not every machine allows bubblewrap; nothing may run unattended there, not even here."""
    ended = subprocess.run(
        DEMO,
        env=environment(tmp_path, PATH=without_sandbox(tmp_path)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=170,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "What is lost" in " ".join(ended.stdout.split())
    assert "each was approved" in " ".join(ended.stdout.split())


@pytest.mark.sandbox
@pytest.mark.timeout(180)
def test_asked_to_it_leaves_the_console_open_until_it_is_interrupted(tmp_path: Path) -> None:
    """People want to look around afterwards, and to log in with what was printed."""
    demo = Attended(tmp_path, KEEP="1")
    demo.read_until("[y/n]")
    demo.answer("y")
    demo.read_until("Ctrl-C ends everything")
    printed = ESCAPE.sub("", demo.seen)
    given = re.search(r"^  (http://\S+)\r?\n  (tocsin_\S+)\r?$", printed, re.MULTILINE)
    assert given, printed
    asked = urllib.request.Request(f"{given[1]}/v1/incidents?status=all")
    asked.add_header("Authorization", f"Bearer {given[2]}")
    with urllib.request.urlopen(asked, timeout=5) as answer:
        assert b"JobWorkerDown" in answer.read()
    demo.process.send_signal(signal.SIGINT)

    assert demo.end() == 0
    assert left_behind(tmp_path) == []
