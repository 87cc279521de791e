"""A private PostgreSQL for these tests: own folder, own port, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _as_postgres(argv: Sequence[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid():
        return list(argv)
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *argv]


def _await_server(binaries: Path, port: int) -> None:
    asking = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    for _ in range(150):
        if subprocess.run(asking, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError("PostgreSQL did not start within 15 s")


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """Yield the superuser's address of a running server."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("there are no PostgreSQL server binaries under /usr/lib/postgresql")
    folder = tempfile.mkdtemp(prefix="tocsin-pg-", dir="/tmp")
    if not os.geteuid():
        shutil.chown(folder, "postgres")
    port = _free_port()
    initdb = [str(binaries / "initdb"), "-D", f"{folder}/db", "-U", "boss", "-A", "trust", "-N"]
    subprocess.run(_as_postgres(initdb), check=True, capture_output=True, cwd="/")
    server = subprocess.Popen(
        _as_postgres(
            [
                *(str(binaries / "postgres"), "-D", f"{folder}/db", "-p", str(port)),
                *("-k", folder, "-h", "127.0.0.1", "-c", "fsync=off", "-c", "shared_buffers=16MB"),
            ]
        ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    address = f"postgresql://boss@127.0.0.1:{port}/postgres"
    try:
        _await_server(binaries, port)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def reader(cluster: str) -> str:
    """Return the address of a login that may only read, in a database with one table."""
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute("CREATE TABLE jobs (id int PRIMARY KEY, state text)")
        connection.execute("INSERT INTO jobs VALUES (1, 'failed'), (2, NULL), (3, E'a\\x1b[2J')")
        connection.execute("CREATE ROLE tocsin LOGIN")
        connection.execute("GRANT ALL ON jobs TO tocsin")
    return cluster.replace("boss@", "tocsin@")
