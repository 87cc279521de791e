"""A small job service: documents come in over HTTP, a worker of its own counts their words.

It is what `make demo` breaks. It has an honest defect of the kind that wakes people: the worker
follows notes inside notes without a limit, so one deeply nested document kills it, and kills it
again after every restart, because the job is still the oldest in the queue. Nothing but the
standard library is needed. Everything it keeps lies in one folder: `jobs.db` (the queue),
`worker.log`, `service.log`, `operations.log` (what people did), `worker.pid`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BEAT_SECONDS = 0.2
SILENT_SECONDS = 2.0  # a worker that has not beaten for so long counts as down
WAITING_SECONDS = 30.0  # a job that has waited for so long means the queue is stuck
LONGEST_BODY = 1024 * 1024
STATUSES = ("pending", "running", "done", "quarantined")

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY,
    status TEXT NOT NULL DEFAULT 'pending',
    document TEXT NOT NULL,
    words INTEGER,
    created_at REAL NOT NULL,
    finished_at REAL
);
CREATE TABLE IF NOT EXISTS workers (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    pid INTEGER NOT NULL,
    started_at REAL NOT NULL,
    beaten_at REAL NOT NULL
);
"""


@contextlib.contextmanager
def queue(directory: Path) -> Iterator[sqlite3.Connection]:
    """Open the queue; what was changed is committed at the end, unless something was raised."""
    connection = sqlite3.connect(directory / "jobs.db", timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def create_queue(directory: Path) -> None:
    """Make the folder and the tables where they are missing."""
    directory.mkdir(parents=True, exist_ok=True)
    with queue(directory) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(SCHEMA)


def write_line(path: Path, level: str, text: str) -> None:
    """Append one line with the time in UTC to a log."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    with path.open("a", encoding="utf-8") as log:
        log.write(f"{now} {level} {text}\n")


# --- the worker ---------------------------------------------------------------------------------


def count_words(text: str, start: int = 0) -> tuple[int, int]:
    """Return the number of words in `text` from `start`, and where the note there ends.

    A note is set in braces and may contain notes: "a fox {a red one {rare}} ran". This is the
    defect: one call for each level, and nobody ever asked how deep a document may be.
    """
    words, inside, at = 0, False, start
    while at < len(text) and text[at] != "}":
        if text[at] == "{":
            noted, at = count_words(text, at + 1)
            words, inside = words + noted, False
        else:
            words += not inside and not text[at].isspace()
            inside = not text[at].isspace()
        at += 1
    return words, at


class Worker:
    """Takes one job after the other, oldest first, and says all the while that it is alive."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "worker.log"
        self.parent = os.getppid()
        self.stopping = threading.Event()

    def run(self) -> None:
        """Work until told to stop, or until the service that started us is gone."""
        signal.signal(signal.SIGTERM, lambda *_: self.stopping.set())
        write_line(self.log, "INFO", f"worker {os.getpid()} started")
        (self.directory / "worker.pid").write_text(f"{os.getpid()}\n")
        self.beat(started=True)
        while not self.stopping.is_set() and os.getppid() == self.parent:
            self.beat()
            if not self.work_once():
                self.stopping.wait(BEAT_SECONDS)
        (self.directory / "worker.pid").unlink(missing_ok=True)
        write_line(self.log, "INFO", f"worker {os.getpid()} stopped")

    def beat(self, *, started: bool = False) -> None:
        """Write the present time into the queue."""
        now = time.time()
        with queue(self.directory) as connection:
            if started:
                row = (os.getpid(), now, now)
                connection.execute("REPLACE INTO workers VALUES (1, ?, ?, ?)", row)
            else:
                connection.execute("UPDATE workers SET beaten_at = ?", (now,))

    def work_once(self) -> bool:
        """Finish the oldest open job, and return whether there was one."""
        job = self.take()
        if job is None:
            return False
        write_line(self.log, "INFO", f"job {job['id']} taken, {len(job['document'])} characters")
        words, _ = count_words(job["document"])
        with queue(self.directory) as connection:
            connection.execute(
                "UPDATE jobs SET status = 'done', words = ?, finished_at = ? WHERE id = ?",
                (words, time.time(), job["id"]),
            )
        write_line(self.log, "INFO", f"job {job['id']} done, {words} words")
        return True

    def take(self) -> sqlite3.Row | None:
        """Return the oldest open job, marked as running.

        A job that is running already was left by a worker that died; it comes first.
        """
        with queue(self.directory) as connection:
            job: sqlite3.Row | None = connection.execute(
                "SELECT id, document FROM jobs WHERE status IN ('pending', 'running')"
                " ORDER BY id LIMIT 1"
            ).fetchone()
            if job is not None:
                connection.execute("UPDATE jobs SET status = 'running' WHERE id = ?", (job["id"],))
            return job


# --- the service --------------------------------------------------------------------------------


class Supervisor:
    """Starts the worker and notes how it ends. Whether it may start again, a person decides."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.asked = directory / "restart.asked"
        self.worker: subprocess.Popen[bytes] | None = None
        self.stopping = threading.Event()

    def note(self, text: str) -> None:
        write_line(self.directory / "service.log", "INFO", text)

    def watch(self) -> None:
        """Start the worker, then obey until the service stops."""
        self.asked.unlink(missing_ok=True)
        self.start()
        while not self.stopping.wait(0.05):
            self.reap()
            if self.asked.exists():
                self.stop()
                self.start()
                self.asked.unlink(missing_ok=True)
        self.stop()

    def start(self) -> None:
        command = [sys.executable, __file__, "worker", "--directory", str(self.directory)]
        with (self.directory / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.note(f"worker {self.worker.pid} started")

    def reap(self) -> None:
        if self.worker is not None and self.worker.poll() is not None:
            self.note(f"worker {self.worker.pid} ended with exit status {self.worker.returncode}")
            self.worker = None

    def stop(self) -> None:
        if self.worker is not None and self.worker.poll() is None:
            self.worker.terminate()
            try:
                self.worker.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.worker.kill()
                self.worker.wait()
        self.reap()


def counts(directory: Path) -> dict[str, int]:
    """Return the number of jobs in each status."""
    with queue(directory) as connection:
        found = dict(connection.execute("SELECT status, count(*) FROM jobs GROUP BY status"))
    return {status: found.get(status, 0) for status in STATUSES}


def ages(directory: Path) -> tuple[float, float]:
    """Return the seconds since the worker last beat, and those the oldest open job has waited."""
    now = time.time()
    with queue(directory) as connection:
        beaten = connection.execute("SELECT beaten_at FROM workers").fetchone()
        oldest = connection.execute(
            "SELECT min(created_at) FROM jobs WHERE status IN ('pending', 'running')"
        ).fetchone()[0]
    return (
        now - beaten[0] if beaten else SILENT_SECONDS * 10,
        now - oldest if oldest is not None else 0.0,
    )


def health(directory: Path) -> dict[str, object]:
    """Return how the service is: `ok` is false when work is not being done."""
    silent, waiting = ages(directory)
    reasons = []
    if silent > SILENT_SECONDS:
        reasons.append(f"the worker has been silent for {silent:.1f} s")
    if waiting > WAITING_SECONDS:
        reasons.append(f"the oldest open job has waited for {waiting:.1f} s")
    return {"ok": not reasons, "reasons": reasons, "jobs": counts(directory)}


def metrics(directory: Path) -> str:
    """Return the figures in Prometheus' text format."""
    silent, waiting = ages(directory)
    lines = ["# HELP jobs_total Jobs by status.", "# TYPE jobs_total gauge"]
    lines += [f'jobs_total{{status="{name}"}} {n}' for name, n in counts(directory).items()]
    lines += [
        "# HELP jobs_worker_silent_seconds Time since the worker last beat.",
        "# TYPE jobs_worker_silent_seconds gauge",
        f"jobs_worker_silent_seconds {silent:.3f}",
        "# HELP jobs_oldest_open_seconds How long the oldest open job has waited.",
        "# TYPE jobs_oldest_open_seconds gauge",
        f"jobs_oldest_open_seconds {waiting:.3f}",
    ]
    return "\n".join(lines) + "\n"


class Endpoint(BaseHTTPRequestHandler):
    """The HTTP side: POST /jobs, GET /jobs/counts, GET /health, GET /metrics."""

    directory: Path
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/health":
            state = health(self.directory)
            self.answer(200 if state["ok"] else 503, state)
        elif self.path == "/jobs/counts":
            self.answer(200, counts(self.directory))
        elif self.path == "/metrics":
            self.send(200, "text/plain; version=0.0.4", metrics(self.directory))
        else:
            self.answer(404, {"error": "no such page"})

    def do_POST(self) -> None:
        if self.path != "/jobs":
            self.answer(404, {"error": "no such page"})
            return
        document = self.document()
        if document is None:
            self.answer(400, {"error": 'send {"document": "some text"}, at most 1 MiB'})
            return
        with queue(self.directory) as connection:
            cursor = connection.execute(
                "INSERT INTO jobs (document, created_at) VALUES (?, ?)", (document, time.time())
            )
        self.answer(202, {"id": cursor.lastrowid})

    def document(self) -> str | None:
        """Return the document that was sent, or None where the body is no such thing."""
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > LONGEST_BODY:
            self.close_connection = True
            return None
        try:
            document = json.loads(self.rfile.read(int(length)))["document"]
            document.encode()  # a lone surrogate cannot be stored
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        return document if isinstance(document, str) else None

    def answer(self, status: int, body: object) -> None:
        self.send(status, "application/json", json.dumps(body) + "\n")

    def send(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the health check alone would fill the log."""


def run(directory: Path, port: int) -> int:
    """Serve until SIGTERM or SIGINT. Port 0 takes a free one; the address is printed."""
    create_queue(directory)
    (directory / "python").write_text(f"{sys.executable}\n")
    endpoint = type("Endpoint", (Endpoint,), {"directory": directory})
    server = ThreadingHTTPServer(("127.0.0.1", port), endpoint)
    server.daemon_threads = True
    supervisor = Supervisor(directory)
    watching = threading.Thread(target=supervisor.watch)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    watching.start()
    serving.start()
    print(f"jobs: http://127.0.0.1:{server.server_address[1]}", flush=True)
    ended.wait()
    server.shutdown()
    supervisor.stopping.set()
    watching.join()
    return 0


# --- what people do: ./jobsctl ------------------------------------------------------------------


def living_worker(directory: Path) -> int | None:
    """Return the process number of the worker if it beat lately, else None."""
    with queue(directory) as connection:
        row = connection.execute("SELECT pid, beaten_at FROM workers").fetchone()
    if row is None or time.time() - row["beaten_at"] > SILENT_SECONDS:
        return None
    return int(row["pid"])


def status(directory: Path) -> int:
    """Print what the worker and the queue are doing; exit status 1 when no worker is alive."""
    pid = living_worker(directory)
    print(f"worker {pid} is working" if pid else "no worker is alive")
    print("jobs: " + ", ".join(f"{n} {name}" for name, n in counts(directory).items()))
    return 0 if pid else 1


def quarantine(directory: Path) -> int:
    """Set the job aside that a dead worker was working on, so that the next one leaves it be."""
    if living_worker(directory):
        print("A worker is alive; there is nothing to quarantine.", file=sys.stderr)
        return 1
    with queue(directory) as connection:
        job = connection.execute(
            "UPDATE jobs SET status = 'quarantined' WHERE id ="
            " (SELECT min(id) FROM jobs WHERE status = 'running') RETURNING id"
        ).fetchone()
    if job is None:
        print("No job was left behind by a dead worker.")
        return 0
    write_line(directory / "operations.log", "INFO", f"job {job['id']} quarantined")
    print(f"job {job['id']} quarantined")
    return 0


def restart_worker(directory: Path) -> int:
    """Have the service start a new worker, and wait until it lives (10 s at most)."""
    with queue(directory) as connection:
        before = connection.execute("SELECT max(started_at) FROM workers").fetchone()[0] or 0.0
    write_line(directory / "operations.log", "INFO", "worker restart asked")
    (directory / "restart.asked").touch()
    for _ in range(100):
        time.sleep(0.1)
        with queue(directory) as connection:
            row = connection.execute("SELECT pid, started_at FROM workers").fetchone()
        if row is not None and row["started_at"] > before:
            print(f"worker {row['pid']} started")
            return 0
    print("The service did not start a worker within 10 s: does it run?", file=sys.stderr)
    return 1


def recover(directory: Path) -> int:
    """Quarantine the job that killed the worker, then start a new worker."""
    return quarantine(directory) or restart_worker(directory)


COMMANDS = {
    "status": status,
    "quarantine": quarantine,
    "restart-worker": restart_worker,
    "recover": recover,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="jobs", description="A small job service.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("run", "worker", *COMMANDS):
        command = commands.add_parser(name)
        command.add_argument("--directory", type=Path, default=Path("run"))
        if name == "run":
            command.add_argument("--port", type=int, default=8471)
    asked = parser.parse_args(arguments)
    directory = asked.directory.resolve()
    if asked.command == "run":
        return run(directory, asked.port)
    if asked.command == "worker":
        Worker(directory).run()
        return 0
    if not (directory / "jobs.db").exists():
        print(f"There is no job service in {directory}.", file=sys.stderr)
        return 2
    return COMMANDS[asked.command](directory)


if __name__ == "__main__":
    sys.exit(main())
