"""The example that the demo breaks: it must break for real, and its commands must mend it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tocsin.bootstrap.workspace import load_workspace

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "jobs"
POISON = "{" * 3000
PATIENCE = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """A running job service."""

    directory: Path
    url: str

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def post(self, body: bytes) -> int:
        request = urllib.request.Request(self.url + "/jobs", data=body, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code

    def submit(self, document: str) -> None:
        assert self.post(json.dumps({"document": document}).encode()) == 202

    def counts(self) -> dict[str, int]:
        return dict(json.loads(self.get("/jobs/counts")[1]))

    def healthy(self) -> bool:
        return self.get("/health")[0] == 200

    def ctl(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run jobsctl as an on-call engineer would, with nothing of ours in the environment."""
        return subprocess.run(
            ["./jobsctl", command],
            cwd=self.directory,
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=30,
        )

    def log(self, name: str) -> str:
        return (self.directory / "run" / name).read_text()

    def deaths(self) -> int:
        return self.log("service.log").count("ended with exit status 1")


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    directory = tmp_path / "jobs"
    shutil.copytree(EXAMPLE, directory, ignore=shutil.ignore_patterns("run", ".tocsin"))
    command = [sys.executable, "service.py", "run", "--directory", "run", "--port", "0"]
    with subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        yield Jobs(directory=directory, url=url)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0


def test_jobs_are_done_and_their_words_counted(jobs: Jobs) -> None:
    """A demo of a service that does nothing would prove nothing."""
    jobs.submit("a fox {a red one {rare}} ran")

    eventually(lambda: jobs.counts()["done"] == 1)

    assert "job 1 done, 7 words" in jobs.log("worker.log")
    assert jobs.healthy()
    assert 'jobs_total{status="done"} 1' in jobs.get("/metrics")[1]
    assert jobs.ctl("status").returncode == 0


def test_a_poison_job_kills_the_worker_and_each_one_after_it_until_it_is_quarantined(
    jobs: Jobs,
) -> None:
    """The failure is real, a mere restart does not mend it, and the runbook's command does."""
    eventually(jobs.healthy)
    pid = int(jobs.log("worker.pid"))
    jobs.submit(POISON)
    jobs.submit("a document behind it")

    eventually(lambda: not process_exists(pid))
    eventually(lambda: not jobs.healthy())
    assert "RecursionError" in jobs.log("worker.log")
    assert jobs.ctl("status").returncode == 1

    assert jobs.ctl("restart-worker").returncode == 0
    eventually(lambda: jobs.deaths() == 2)
    eventually(lambda: not jobs.healthy())
    assert jobs.counts() == {"pending": 1, "running": 1, "done": 0, "quarantined": 0}

    recovered = jobs.ctl("recover")
    assert recovered.returncode == 0, recovered.stderr
    eventually(lambda: jobs.counts()["done"] == 1)
    assert jobs.healthy()
    assert jobs.counts() == {"pending": 0, "running": 0, "done": 1, "quarantined": 1}
    assert jobs.log("operations.log").count("quarantined") == 1


def test_nothing_is_quarantined_while_a_worker_lives(jobs: Jobs) -> None:
    """An eager person must not throw away the job that is being worked on."""
    eventually(jobs.healthy)

    refused = jobs.ctl("quarantine")

    assert refused.returncode == 1
    assert "nothing to quarantine" in refused.stderr


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'{"document": 3}',
        b'{"document": "\\ud800"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"document": "' + b"a" * 2_000_000 + b'"}',
    ],
    ids=["empty", "text", "list", "number", "surrogate", "not utf-8", "deep", "large"],
)
def test_a_body_that_is_no_document_is_refused(jobs: Jobs, body: bytes) -> None:
    """The defect is the worker's; the service itself stands up to bad input."""
    try:
        status = jobs.post(body)
    except (urllib.error.URLError, ConnectionError):
        status = 400  # refused while we were still sending

    assert status == 400
    assert jobs.counts()["pending"] == 0


def test_jobsctl_without_a_service_says_so(tmp_path: Path) -> None:
    """A command in the wrong folder must not make an empty queue and call it well."""
    for name in ("jobsctl", "service.py"):
        shutil.copy(EXAMPLE / name, tmp_path)

    ended = subprocess.run(["./jobsctl", "status"], cwd=tmp_path, capture_output=True, text=True)

    assert ended.returncode == 2
    assert "no job service" in ended.stderr


def test_the_workspace_is_without_mistakes() -> None:
    """It is what a newcomer copies."""
    workspace = load_workspace(EXAMPLE)

    assert [each.name for each in workspace.services] == ["jobs"]
    assert [each.alert for each in workspace.checks] == ["JobWorkerDown"]
