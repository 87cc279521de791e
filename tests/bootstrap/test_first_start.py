"""The first day of a user, typed: `tocsin init`, then `tocsin serve`, in an empty folder."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from servers import answers, await_true, free_port, running

SHELL = [sys.executable, "-m", "tocsin"]
CHECK = """
[[check]]
name = "port"
kind = "tcp"
alert = "PortClosed"
host = "127.0.0.1"
port = 9
interval = "1s"
fire_after = 1
"""


def typed(*words: str) -> subprocess.CompletedProcess[str]:
    """Run one command line to its end."""
    return subprocess.run([*SHELL, *words], capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder after `tocsin init`, with a port that is free."""
    home = tmp_path / "team"
    assert typed("init", str(home)).returncode == 0
    text = (home / "tocsin.toml").read_text().replace("8377", str(free_port()))
    (home / "tocsin.toml").write_text(text)
    return home


def url_of(home: Path) -> str:
    return (home / "tocsin.toml").read_text().split('public_url = "')[1].split('"')[0]


@contextmanager
def served(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Serve while the body runs; check that it ends as it should."""
    argv = [*SHELL, "serve", "--workspace", str(home)]
    log = home / "log"
    with running(argv, log=log, ready=lambda: answers(f"{url_of(home)}/health")) as server:
        yield server
        server.terminate()
        assert server.wait(20) == 0
    assert "Traceback" not in log.read_text()


def alerts(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / ".tocsin" / "tocsin.db")) as database:
        return [row[0] for row in database.execute("SELECT status FROM tocsin_alert ORDER BY id")]


def test_init_and_serve_in_an_empty_folder_answer_until_told_to_stop(home: Path) -> None:
    """Nothing is made by hand in between; what is made is nobody else's to read."""
    with served(home):
        said = "runbook.md: The file cannot be read: No such file or directory."
        await_true(lambda: said in (home / "log").read_text(), what="it says what is missing")

    assert (home / ".tocsin").stat().st_mode & 0o777 == 0o700
    assert (home / ".tocsin" / "tocsin.db").stat().st_mode & 0o777 == 0o600


def test_a_port_that_is_taken_is_a_sentence(home: Path) -> None:
    """It says what to do, and a supervisor sees that trying again may help."""
    port = int(url_of(home).rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        ended = typed("serve", "--workspace", str(home))

    assert ended.returncode == 7
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use." in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_host_that_does_not_exist_is_a_sentence(home: Path) -> None:
    """A name that cannot be found is a mistake in tocsin.toml, not a defect."""
    path = home / "tocsin.toml"
    path.write_text(path.read_text().replace('listen = "127.0.0.1', 'listen = "no.such.invalid'))

    ended = typed("serve", "--workspace", str(home))

    assert ended.returncode == 7
    assert "Cannot listen on no.such.invalid" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_open_event_stream_does_not_hold_up_the_end(home: Path) -> None:
    """A browser that is left open must not make every restart wait."""
    token = typed("user", "add", "me", "--workspace", str(home)).stdout.strip()
    request = Request(f"{url_of(home)}/events", headers={"Authorization": f"Bearer {token}"})
    with served(home) as server, urlopen(request, timeout=20) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.readline()  # it is being followed
        began = time.monotonic()
        server.terminate()
        stream.read()
        assert time.monotonic() - began < 1.5


def test_an_alert_ends_with_the_check_that_was_taken_out(home: Path) -> None:
    """Nobody would ever report it as resolved: its incident would stay open for good."""
    path = home / "tocsin.toml"
    text = path.read_text()
    path.write_text(text + CHECK)
    with served(home):
        await_true(lambda: alerts(home) == ["firing"], what="the check fires")
    path.write_text(text)

    with served(home):
        await_true(lambda: alerts(home) == ["resolved"], what="the alert of no check ends")
