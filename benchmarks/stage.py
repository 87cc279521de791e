"""The stage both benchmarks play on: a workspace, a receiver of pages, a real server process."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import random
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SOURCE_TOKENS = {"am": "kill-source-am", "any": "kill-source-any"}
READY_TIMEOUT_S = 30.0

SETTINGS = """\
[tocsin]
data_directory = "data"
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"

[[channel]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:{pages}/"

[[person]]
name = "first"
channels = ["hook"]

[[person]]
name = "second"
channels = ["hook"]

[[policy]]
name = "both"

[[policy.level]]
people = ["first"]
patience = "{patience}"

[[policy.level]]
people = ["second"]
patience = "1h"

[[target]]
name = "here"
kind = "local"

{far}[[service]]
name = "stage"
runbooks = ["runbook.md"]
policy = "both"
targets = ["here"]
soak = "1s"

[[source]]
name = "am"
kind = "alertmanager"
token_sha256 = "{am}"

[[source]]
name = "any"
kind = "generic"
token_sha256 = "{any}"
"""

FAR = """\
[[target]]
name = "there"
kind = "ssh"
host = "{host}"
config = "{config}"
directory = "{directory}"
reads = "login"

[[service]]
name = "far"
match = ['far="yes"']
runbooks = ["far.md"]
policy = "both"
targets = ["there"]
soak = "1s"

"""

PLAYBOOK = """
## Failure {number:02}

**Alert:** `Failure{number:02}`
**Severity:** Critical (P0)

### Investigation Steps

1. **Read the notes**
   ```bash
   cat notes.txt
   ```
"""

CHANGE = """
### Remediation

1. **Mend it**
   ```bash
   ./mend {number:02}
   ```
"""

MEND = """\
#!/bin/sh
# The witness of every change: it says that it started before it does anything else.
echo "started $1 $$ $(date +%s%N)" >> {witness}
sleep "0.$(($$ % 6))"
echo "ended $1 $$ $(date +%s%N)" >> {witness}
"""


def environment(caches: Path) -> dict[str, str]:
    """Return the environment of what we start: ours, with bytecode cached in `caches`.

    An installed Python has its bytecode; where the environment forbids writing it, each start
    would compile everything anew and be measured for that.
    """
    kept = {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(caches)}


class Gone(Exception):
    """The server did not answer: what was asked may or may not have been done."""


def free_port() -> int:
    """Return a TCP port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One page as it arrived."""

    at: float  # time.time()
    clock: float  # time.perf_counter()
    key: str
    incident: int
    person: str
    playbook: str


class Receiver:
    """Takes pages over HTTP and remembers them; in another process than the server."""

    def __init__(self, *, slowest_s: float = 0.0) -> None:
        """Listen; each answer comes up to `slowest_s` after the page was written down."""
        self.receipts: list[Receipt] = []
        self.arrived = threading.Condition()
        receiver, dice = self, random.Random(0)

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.take(body)
                if slowest_s:
                    time.sleep(dice.random() * slowest_s)
                with suppress(OSError):
                    self.send_response(200)
                    self.send_header("content-length", "0")
                    self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                return  # its client was killed: that is what we are here for

        self._server = Server(("127.0.0.1", 0), Hook)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, body: bytes) -> None:
        """Write one page down."""
        page = json.loads(body)
        receipt = Receipt(
            at=time.time(),
            clock=time.perf_counter(),
            key=page["key"],
            incident=page["incident"],
            person=page["person"],
            playbook=page["playbook"] or "",
        )
        with self.arrived:
            self.receipts.append(receipt)
            self.arrived.notify_all()

    def wait_for(self, wanted: Callable[[Receipt], bool], timeout_s: float) -> Receipt | None:
        """Return the first page that is wanted, once it is there; None if it never comes."""
        deadline = time.monotonic() + timeout_s
        seen = 0
        with self.arrived:
            while True:
                for receipt in self.receipts[seen:]:
                    if wanted(receipt):
                        return receipt
                seen = len(self.receipts)
                if not self.arrived.wait(deadline - time.monotonic()):
                    return None


@dataclass(slots=True)
class Stage:
    """A workspace on disk and how to serve it."""

    directory: Path
    port: int
    token: str = ""
    witness: Path = field(init=False)

    def __post_init__(self) -> None:
        self.witness = self.directory / "changes.log"

    @property
    def caches(self) -> Path:
        return self.directory / "bytecode"

    @property
    def database(self) -> Path:
        return self.directory / "data" / "tocsin.db"

    def serve(self) -> Served:
        """Start `tocsin serve` on the workspace, in a process group of its own."""
        return Served(self)

    def api(self, token: str = "") -> Api:
        """Return a client; with no token it is the responder's."""
        return Api(self.port, token or self.token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Far:
    """A machine behind ssh, on which every second playbook runs."""

    host: str
    config: Path  # of the ssh client


def is_far(playbook: int) -> bool:
    """Whether a playbook is one of those that run behind ssh, where there is such a machine."""
    return playbook % 2 == 1


def build(
    directory: Path,
    pages_port: int,
    *,
    playbooks: int,
    changes: bool,
    patience: str,
    far: Far | None = None,
) -> Stage:
    """Write a workspace and make its responder's token."""
    stage = Stage(directory, free_port())
    there = FAR.format(host=far.host, config=far.config, directory=directory) if far else ""
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in _tokens()}
    settings = SETTINGS.format(
        port=stage.port, pages=pages_port, patience=patience, far=there, **hashes
    )
    body = PLAYBOOK + CHANGE if changes else PLAYBOOK
    here = [each for each in range(playbooks) if not (far and is_far(each))]
    elsewhere = [each for each in range(playbooks) if each not in here]
    (directory / "tocsin.toml").write_text(settings)
    for file, numbers in (("runbook.md", here), ("far.md", elsewhere)):
        written = "".join(body.format(number=each) for each in numbers)
        (directory / file).write_text(f"# Failures\n{written}")
    (directory / "notes.txt").write_text("All of this is on purpose.\n")
    mend = directory / "mend"
    mend.write_text(MEND.format(witness=shlex.quote(str(stage.witness))))
    mend.chmod(0o755)
    stage.witness.touch()
    made = subprocess.run(
        [*TOCSIN, "user", "add", "first", "--workspace", str(directory)],
        capture_output=True,
        text=True,
        check=True,
        env=environment(stage.caches),
    )
    stage.token = made.stdout.strip()
    return stage


def _tokens() -> list[tuple[str, str]]:
    return list(SOURCE_TOKENS.items())


TOCSIN = (sys.executable, "-m", "tocsin")


class Served:
    """One life of the server."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._log = (stage.directory / "server.log").open("ab")
        self.spawned = time.perf_counter()
        self._process = subprocess.Popen(
            [*TOCSIN, "serve", "--workspace", str(stage.directory)],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env=environment(stage.caches),
            start_new_session=True,
        )

    def ready(self, timeout_s: float = READY_TIMEOUT_S) -> float | None:
        """Return how many seconds after its start it first answered 200, or None if not yet."""
        deadline = time.perf_counter() + timeout_s
        while time.perf_counter() < deadline:
            if self._process.poll() is not None:
                raise SystemExit(f"the server ended: see {self._stage.directory}/server.log")
            with suppress(Gone):
                if Api(self._stage.port, "").get("/health")[0] == 200:
                    return time.perf_counter() - self.spawned
            time.sleep(0.005)
        return None

    @property
    def process(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def ended(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """SIGKILL the whole process group."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        try:
            return self._process.wait(timeout=30)
        finally:
            self._log.close()


class Api:
    """One connection to the server; not for several threads."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def get(self, path: str) -> tuple[int, Any]:
        """Return status and JSON.

        Raises:
            Gone: There was no whole answer.
        """
        return self._ask("GET", path, None)

    def post(self, path: str, body: object = None) -> tuple[int, Any]:
        """Return status and JSON.

        Raises:
            Gone: There was no whole answer.
        """
        return self._ask("POST", path, {} if body is None else body)

    def _ask(self, method: str, path: str, body: object) -> tuple[int, Any]:
        sent = None if body is None else json.dumps(body).encode()
        try:
            self._connection.request(method, path, sent, self._headers)
            answer = self._connection.getresponse()
            read = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Gone(str(error)) from error
        return answer.status, json.loads(read or b"null")


def table(rows: list[tuple[str, str, str]]) -> str:
    """Return rows of what, figure and remark, aligned."""
    widths = [max(len(row[place]) for row in rows) for place in (0, 1)]
    return "\n".join(
        f"  {what:<{widths[0]}}  {figure:>{widths[1]}}  {remark}".rstrip()
        for what, figure, remark in rows
    )
