"""Real things to look at: a web server that is told to fail, ports, certificates."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tocsin.core.workspace import Check, CheckKind

SECOND = timedelta(seconds=1)


@pytest.fixture
def check() -> Callable[..., Check]:
    """Make a check of a kind with these options and a timeout of two seconds."""

    def make(kind: CheckKind, *, timeout: timedelta = 2 * SECOND, **options: object) -> Check:
        return Check(name="it", kind=kind, alert="ItFails", timeout=timeout, options=options)

    return make


@dataclass
class Site:
    """A web server on loopback and what it is told to do."""

    port: int = 0
    status: int = 200
    body: bytes = b'{"status": "ok"}'
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0  # seconds before it answers
    drip: float = 0.0  # seconds between the bytes of its body
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/health"


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server that answers as the test tells it."""
    told = Site()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.path)
            time.sleep(told.wait)
            try:
                self.send_response(told.status)
                for name, value in told.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for number in range(len(told.body)) if told.drip else ():
                    self.wfile.write(told.body[number : number + 1])
                    time.sleep(told.drip)
                if not told.drip:
                    self.wfile.write(told.body)
            except OSError:
                pass  # the probe did not wait for the end

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        told.port = server.server_address[1]
        serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        serving.start()
        yield told
        server.shutdown()
        serving.join()


@pytest.fixture
def shut_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


Serve = Callable[[datetime], int]


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[Serve]:
    """Serve a certificate of our own that ends at an instant; return the port."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make certificates")
    listening: list[socket.socket] = []

    def serve(ends_at: datetime) -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*_certificate(tmp_path, ends_at))
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)
        threading.Thread(target=_shake_hands, args=(server, context), daemon=True).start()
        return int(server.getsockname()[1])

    yield serve
    for server in listening:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def _shake_hands(server: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            context.wrap_socket(connection, server_side=True).close()


_CA = """
[ca]
default_ca = own
[own]
dir = {here}
database = {here}/index.txt
new_certs_dir = {here}
serial = {here}/serial
default_md = sha256
policy = any
[any]
commonName = supplied
"""


def _certificate(here: Path, ends_at: datetime) -> tuple[Path, Path]:
    """Return certificate and key; `openssl ca` is what takes an end in the past."""
    key, request, shown, config = (here / name for name in ("key", "csr", "crt", "cnf"))
    config.write_text(_CA.format(here=here))
    (here / "index.txt").write_text("")
    (here / "serial").write_text("01")
    _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", key, "-out", request, "-subj", "/CN=localhost")  # fmt: skip
    _openssl("ca", "-batch", "-config", config, "-selfsign", "-keyfile", key, "-in", request,
             "-out", shown, "-notext", "-startdate", "20200101000000Z",
             "-enddate", ends_at.strftime("%Y%m%d%H%M%SZ"))  # fmt: skip
    return shown, key


def _openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
