"""Real servers for tests: on loopback, on a free port, in a folder of their own, gone afterwards.

Plain context managers first, so that scripts can use them too; the fixtures at the end skip
with a reason where a program is not installed.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import pytest

_START_S = 30.0  # two cores, shared with everything else that runs there
_STOP_S = 10.0


class Absent(Exception):
    """A program that is needed is not installed."""


def free_port() -> int:
    """Return a port on loopback that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def program(name: str) -> str:
    """Return where a program lies; raise Absent if it does not."""
    found = shutil.which(name)
    if found is None:
        raise Absent(f"there is no {name} on this machine")
    return found


def await_true(true: Callable[[], bool], *, within_s: float = _START_S, what: str) -> None:
    """Return once it is true; fail with `what` if that takes longer."""
    until = time.monotonic() + within_s
    while not true():
        if time.monotonic() > until:
            raise AssertionError(f"not within {within_s:g} s: {what}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Return whether a GET of the address succeeds."""
    try:
        with urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@contextmanager
def running(
    argv: Sequence[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    stop: signal.Signals = signal.SIGTERM,
    user: str = "",
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while the body runs; it does not outlive us, however we end."""
    with log.open("wb") as said:
        server = subprocess.Popen(
            [*_dying_with_us(stop, user), *argv],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd="/",
        )
    try:
        _await_ready(server, ready, log)
        yield server
    finally:
        end(server, stop)


def _await_ready(server: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + _START_S
    while not ready():
        late = time.monotonic() > until
        if late or server.poll() is not None:
            words = "is not ready" if late else f"ended with {server.returncode}"
            tail = log.read_text(errors="replace")[-2000:]
            raise AssertionError(f"{server.args!r} {words}:\n{tail}")
        time.sleep(0.05)


def end(server: subprocess.Popen[bytes], stop: signal.Signals = signal.SIGTERM) -> None:
    """Ask a server of ours to stop, and kill it if it does not."""
    if server.poll() is not None:
        return
    server.send_signal(stop)
    try:
        server.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _dying_with_us(stop: signal.Signals, user: str) -> list[str]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    who = [f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
    return [setpriv, f"--pdeathsig={stop.name.removeprefix('SIG')}", *who, "--"]


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the superuser's address of a fresh PostgreSQL cluster."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise Absent("there are no PostgreSQL server programs under /usr/lib/postgresql")
    programs = found[-1].parent
    user = "" if os.geteuid() else "postgres"  # it refuses to run as root
    # Not below pytest's directory: another user cannot get there.
    folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    if user:
        shutil.chown(folder, user)
    try:
        with _cluster(programs, folder, user) as address:
            yield address
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _cluster(programs: Path, folder: Path, user: str) -> Iterator[str]:
    at, port = folder / "db", free_port()
    initdb = [str(programs / "initdb"), "-D", str(at), "-U", "boss", "-A", "trust", "-N"]
    stop = signal.SIGQUIT  # at once: nothing of it is kept
    subprocess.run(
        [*_dying_with_us(stop, user), *initdb, "-E", "UTF8", "--locale=C"],
        check=True,
        capture_output=True,
        cwd="/",
    )
    settings = ["fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=200"]
    options = [word for each in settings for word in ("-c", each)]
    server = [str(programs / "postgres"), "-D", str(at), "-p", str(port), "-k", str(folder)]
    asking = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    with running(
        [*server, "-h", "127.0.0.1", *options],
        log=folder / "log",
        ready=lambda: subprocess.run(asking, check=False).returncode == 0,
        stop=stop,
        user=user,
    ):
        yield f"postgresql://boss@127.0.0.1:{port}/postgres"


@contextmanager
def database(cluster: str) -> Iterator[str]:
    """Yield the address of an empty database in a cluster; it is dropped afterwards."""
    name = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield cluster.rpartition("/")[0] + "/" + name
    finally:
        with psycopg.connect(cluster, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@dataclass(frozen=True)
class Machines:
    """Several sshd, each a machine of its own to whoever connects, and how ssh reaches them."""

    config: Path  # names every machine, its port, our key and its host key
    identity: Path
    servers: Mapping[str, subprocess.Popen[bytes]]

    def sessions(self, name: str) -> list[int]:
        """Return the processes of one machine that look after a connection."""
        server = self.servers[name].pid
        return [child for one in _children(server) for child in (one, *_children(one))]

    def cut(self, name: str) -> None:
        """Kill what looks after the connections to one machine, as if its cable were pulled."""
        for session in self.sessions(name):
            with suppress(ProcessLookupError):
                os.kill(session, signal.SIGKILL)


def _children(process: int) -> list[int]:
    found = []
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(each) for each in listed.read_text().split()]
    return [each for each in found if _is_sshd(each)]


def _is_sshd(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/comm").read_text().startswith("sshd")
    except OSError:
        return False


@contextmanager
def machines(*names: str, user: str = "") -> Iterator[Machines]:
    """Yield machines on loopback that ssh reaches by name: one sshd each, as us or as `user`."""
    server = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if server is None:
        raise Absent("there is no sshd on this machine")
    if not os.geteuid():
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where root's sshd locks itself in
    folder = Path(tempfile.mkdtemp(prefix="tocsin-ssh-"))
    try:
        with ExitStack() as stack:
            _make_keys(folder, "user", "host")
            started = {
                name: stack.enter_context(_sshd(server, folder, name, user)) for name in names
            }
            yield Machines(
                config=_client_config(folder, {name: port for name, (_, port) in started.items()}),
                identity=folder / "user",
                servers={name: process for name, (process, _) in started.items()},
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_keys(folder: Path, *names: str) -> None:
    for name in names:
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(make, check=True)
    folder.chmod(0o755)  # another user's sshd reads the public half


@contextmanager
def _sshd(
    server: str, folder: Path, name: str, user: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port, at = free_port(), folder / name
    at.mkdir()
    shutil.copy(folder / "host", at / "key")
    shutil.copy(folder / "user.pub", at / "authorized")
    if user:
        shutil.chown(at / "key", user)
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": at / "key",
        "AuthorizedKeysFile": at / "authorized",
        "PidFile": "none",
        "PermitRootLogin": "prohibit-password",
        "PasswordAuthentication": "no",
        "StrictModes": "no",
        "UsePAM": "no",
        "MaxStartups": "100",
        "MaxSessions": "100",
    }
    (at / "config").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    argv = [server, "-D", "-e", "-f", str(at / "config")]
    with running(argv, log=folder / f"{name}.log", ready=lambda: _listens(port), user=user) as ours:
        yield ours, port


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def _client_config(folder: Path, ports: Mapping[str, int]) -> Path:
    key = " ".join((folder / "host.pub").read_text().split()[:2])
    known = [f"[127.0.0.1]:{port} {key}\n" for port in ports.values()]
    (folder / "known_hosts").write_text("".join(known))
    hosts = [f"Host {name}\n  HostName 127.0.0.1\n  Port {port}\n" for name, port in ports.items()]
    everywhere = [
        "Host *\n",
        f"  IdentityFile {folder / 'user'}\n  IdentitiesOnly yes\n  IdentityAgent none\n",
        f"  UserKnownHostsFile {folder / 'known_hosts'}\n  GlobalKnownHostsFile /dev/null\n",
        "  StrictHostKeyChecking yes\n",
    ]
    (folder / "config").write_text("".join([*hosts, *everywhere]))
    return folder / "config"


@dataclass(frozen=True)
class Engine:
    """A docker engine of our own with running containers."""

    url: str
    containers: tuple[str, ...]


@contextmanager
def engine(*names: str) -> Iterator[Engine]:
    """Yield a docker engine in which containers of these names run this machine's programs."""
    daemon, client = program("dockerd"), program("docker")
    if os.geteuid():
        raise Absent("only root can start a docker engine")
    folder = Path(tempfile.mkdtemp(prefix="tocsin-docker-"))
    url = f"unix://{folder}/sock"
    places = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
    argv = [daemon, "--iptables=false", "--ip6tables=false", "--bridge=none", f"--host={url}"]
    argv += [f"--{option}={folder / place}" for option, place in places.items()]
    asking = [client, "--host", url, "info"]
    try:
        with (
            running(
                [*argv, "--storage-driver=vfs"],
                log=folder / "log",
                ready=lambda: subprocess.run(asking, capture_output=True).returncode == 0,
            ),
            _containers([client, "--host", url], folder, names),
        ):
            yield Engine(url, names)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _containers(client: Sequence[str], folder: Path, names: Sequence[str]) -> Iterator[None]:
    root = folder / "root"
    (root / "etc").mkdir(parents=True)
    shutil.copy("/etc/passwd", root / "etc")
    for link in ("bin", "sbin", "lib", "lib64"):
        (root / link).symlink_to(f"usr/{link}")
    tar = subprocess.run(["tar", "-C", str(root), "-c", "."], check=True, capture_output=True)
    run = [*client, "run", "--detach", "--network=none", "--volume=/usr:/usr:ro"]
    load = [*client, "import", "-", "tocsin-test"]
    subprocess.run(load, input=tar.stdout, check=True, capture_output=True)
    try:
        for name in names:
            argv = [*run, f"--name={name}", "tocsin-test", "sleep", "infinity"]
            subprocess.run(argv, check=True, capture_output=True)
        yield
    finally:
        subprocess.run([*client, "rm", "--force", *names], capture_output=True)


@contextmanager
def mariadb() -> Iterator[tuple[str, str]]:
    """Yield a fresh MariaDB's host and port, and the socket where root needs no password."""
    server, install = program("mariadbd"), program("mariadb-install-db")
    user = "" if os.geteuid() else "mysql"  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="tocsin-my-"))
    if user:
        shutil.chown(folder, user)
    at, port, socket_ = folder / "db", free_port(), folder / "socket"
    own = ["--no-defaults", f"--datadir={at}"]
    plain = ["--auth-root-authentication-method=normal", "--skip-test-db"]
    try:
        subprocess.run(
            [*_dying_with_us(signal.SIGKILL, user), install, *own, *plain],
            check=True,
            capture_output=True,
            cwd="/",
        )
        listening = [f"--port={port}", f"--socket={socket_}", "--bind-address=127.0.0.1"]
        quick = ["--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin"]
        argv = [server, *own, *listening, *quick, f"--pid-file={folder / 'pid'}"]
        with running(
            argv, log=folder / "log", ready=socket_.exists, stop=signal.SIGKILL, user=user
        ):
            yield f"127.0.0.1:{port}", str(socket_)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis() -> Iterator[int]:
    """Yield the port of a fresh Redis that keeps nothing."""
    binary, port = program("redis-server"), free_port()
    folder = Path(tempfile.mkdtemp(prefix="tocsin-redis-"))
    alone = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    try:
        with running([binary, *alone], log=folder / "log", ready=lambda: listens(port)):
            yield port
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def listens(port: int) -> bool:
    """Return whether somebody listens there on loopback."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def prometheus(folder: Path, config: str, port: int) -> Iterator[str]:
    """Yield the address of a Prometheus with this configuration on this port."""
    binary, url = program("prometheus"), f"127.0.0.1:{port}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text(config)
    argv = [
        binary,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={url}",
        "--log.level=warn",
    ]
    ready = f"http://{url}/-/ready"
    with running(argv, log=folder / "prometheus.log", ready=lambda: answers(ready)):
        yield f"http://{url}"


@contextmanager
def alertmanager(folder: Path, config: str) -> Iterator[str]:
    """Yield the address (host:port) of an Alertmanager with this configuration."""
    binary, address = program("prometheus-alertmanager"), f"127.0.0.1:{free_port()}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alertmanager.yml").write_text(config)
    argv = [
        binary,
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'nflog'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
        "--log.level=debug",
    ]
    ready = f"http://{address}/-/ready"
    with running(argv, log=folder / "alertmanager.log", ready=lambda: answers(ready)):
        yield address


@contextmanager
def tocsin(workspace: Path, url: str) -> Iterator[Path]:
    """Serve a workspace that listens at `url`, in a process of its own; yield its log."""
    argv = [sys.executable, "-m", "tocsin", "serve", "--workspace", str(workspace)]
    log = workspace / "serve.log"
    with running(argv, log=log, ready=lambda: answers(f"{url}/health")):
        yield log


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """The superuser's address of the one private PostgreSQL of this test session."""
    try:
        with postgres() as address:
            yield address
    except Absent as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def two_machines() -> Iterator[Machines]:
    """Machines called web1 and web2 that ssh reaches."""
    try:
        with machines("web1", "web2") as reached:
            yield reached
    except Absent as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[Engine]:
    """A docker engine with containers called box1 and box2."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(engine("box1", "box2"))
        except (Absent, AssertionError, subprocess.CalledProcessError) as reason:
            pytest.skip(f"no docker engine can be started here: {reason}"[:500])
        yield started


@pytest.fixture
def postgres_database(postgres_cluster: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    with database(postgres_cluster) as address:
        yield address


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind we run on."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tocsin.db'}"
    return str(request.getfixturevalue("postgres_database"))
