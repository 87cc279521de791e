"""Ties a statement at the far end of a client program (ssh, docker exec …) to this process.

The client starts `tether.sh` there, always the same text. What it is to run goes down the
client's standard input, environment and secrets included, so that no process list shows them.
The same input says that we are still there: once it ends, or falls silent, the far end kills
the statement and everything it started.

Output comes back on the client's standard output; on its standard error come a few lines of the
tether, which carry a nonce that the statement does not know. So a statement cannot tell us that
it ended, and a status is never taken for a lost connection.
"""

from __future__ import annotations

import os
import secrets
import select
import subprocess  # starting clients is what this module is for
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.shell import BASH, PATH
from tocsin.core.run import Limits, Outcome
from tocsin.ports.executors import Stop

PATIENCE_SECONDS = 30
"""How long the far end lets a statement run without hearing from us."""

_BEAT_SECONDS = 5.0
_CONNECT_SECONDS = 15.0
_FAREWELL_SECONDS = 1.5  # for the far end to say that it has killed what it should
_DRAIN_SECONDS = 0.3  # for output that is still on its way after the end
_MOST_DRAIN_SECONDS = 5.0  # … even if what was left behind never stops talking
_PIECE_BYTES = 64 * 1024
_COMPLAINT_BYTES = 2000
_CLIENT_SEES = (
    *("HOME", "PATH", "USER", "LOGNAME", "TZ", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"),
    *("SSH_AUTH_SOCK", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "KUBECONFIG"),
    *("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE"),
    *("AWS_PROFILE", "AWS_CONFIG_FILE", "CLOUDSDK_CONFIG", "AZURE_CONFIG_DIR"),
)
"""Of our own environment, what says where the clients' configuration is. No value of a secret."""

_TEXT = Path(__file__).with_name("tether.sh").read_text(encoding="ascii")


def client_environment() -> dict[str, str]:
    """Return what of our own environment a client sees: where its configuration is."""
    return {name: os.environ[name] for name in _CLIENT_SEES if name in os.environ}


def far_words(run_as: str = "") -> tuple[str, ...]:
    """Return what the client has to run at the far end, as whom: the same for all statements."""
    become = ("sudo", "-n", "-u", run_as, "--") if run_as else ()
    return (*become, "env", "-i", f"PATH={PATH}", *BASH, "-c", _TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What is to run at the far end."""

    words: Sequence[str]  # a program and its arguments
    environment: Mapping[str, str]
    directory: str
    leaves: bool = False  # what it starts in the background may live on when it ends by itself

    def written(self, nonce: str) -> bytes:
        """Return it as it goes down the line: texts that each end in NUL."""
        pairs = [text for pair in self.environment.items() for text in pair]
        texts = [
            *(nonce, secrets.token_hex(8), str(PATIENCE_SECONDS), "1" if self.leaves else ""),
            *(self.directory, str(len(self.environment)), *pairs),
            *(str(len(self.words)), *self.words, nonce),
        ]
        return "".join(f"{text}\0" for text in texts).encode()


def unfit_names(environment: Mapping[str, str]) -> str:
    """Return why bash could not export variables of these names, or an empty string."""
    for name in environment:
        plain = name.isascii() and name.isidentifier()
        if not plain or name.startswith("tether_") or name in _READ_ONLY:
            return f"{name!r} cannot be the name of an environment variable on another machine."
    return ""


_READ_ONLY = frozenset({"BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"})


def tie(
    argv: Sequence[str], errand: Errand, *, limits: Limits, stop: Stop, excerpt: Excerpt
) -> Outcome:
    """Run the errand at the far end of a client and return how it ended.

    Args:
        argv: The client and its arguments, `far_words` included.
        errand: What is to run.
        limits: The time counts from when the far end answers.
        stop: Ends it.
        excerpt: Takes the output.
    """
    try:
        line = _Line(argv, errand, excerpt)
    except OSError as error:
        return Outcome(exit_status=None, said=f"{argv[0]} could not be started: {error.strerror}.")
    with line, stop.calls(line.wake):
        if not _connect(line, stop):
            return _unconnected(line, stop)
        in_time = _follow(line, limits.time.total_seconds(), stop)
        return _outcome(line, errand, limits, stop, in_time=in_time)


def _connect(line: _Line, stop: Stop) -> bool:
    """Wait for the far end to answer and tell it what to do; return whether that was done."""
    deadline = time.monotonic() + _CONNECT_SECONDS
    while not (line.told.connected or line.over or stop.because or time.monotonic() > deadline):
        line.turn(deadline)
    if not line.told.connected or stop.because:
        return False
    line.send()
    return True


def _follow(line: _Line, seconds: float, stop: Stop) -> bool:
    """Hand on output until the statement ends; return false if time ran out before it did."""
    deadline = time.monotonic() + seconds
    while not (line.told.ended or line.over or stop.because):
        if time.monotonic() > deadline:
            return False
        line.turn(deadline)
    return True


def _unconnected(line: _Line, stop: Stop) -> Outcome:
    """Say why nothing was sent, and so nothing ran."""
    if stop.because:
        return Outcome(exit_status=None, said=f"{stop.because}: nothing of it had run.")
    line.last_words()
    cause = line.told.complaint or f"no answer within {_CONNECT_SECONDS:g} s"
    return Outcome(exit_status=None, said=f"Nothing ran, it cannot be reached: {cause}.")


def _outcome(line: _Line, errand: Errand, limits: Limits, stop: Stop, *, in_time: bool) -> Outcome:
    if stop.because:
        line.hang_up()
        return stop.outcome()
    if not in_time:
        line.hang_up()
        return _late(line, errand, limits)
    line.last_words()
    if line.told.cut or line.told.status is None:
        cause = f" ({line.told.complaint})" if line.told.complaint else ""
        said = f"The connection was lost{cause}: what it had done by then is not known."
        return Outcome(exit_status=None, said=said, lost=True)
    return Outcome(exit_status=line.told.status)


def _late(line: _Line, errand: Errand, limits: Limits) -> Outcome:
    seconds = limits.time.total_seconds()
    said = f"Stopped: it was still running after its time limit of {seconds:g} s"
    if line.told.ended:
        return Outcome(exit_status=None, timed_out=True, said=f"{said}.")
    said = f"{said}, and the other machine has not said that it is gone."
    return Outcome(exit_status=None, timed_out=True, lost=errand.leaves, said=said)


@dataclass(slots=True)
class _Told:
    """What came on the client's standard error: words of the tether, and complaints."""

    nonce: bytes
    connected: bool = False
    cut: bool = False
    status: int | None = None
    _rest: bytes = b""
    _noise: bytes = b""

    @property
    def ended(self) -> bool:
        """Whether the far end has said that the statement is over."""
        return self.status is not None

    @property
    def complaint(self) -> str:
        """What the client or the login had to say, as one line."""
        return " ".join((self._noise + self._rest).decode(errors="replace").split())[:300]

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        *lines, rest = (self._rest + piece).split(b"\n")
        self._rest = rest[-_COMPLAINT_BYTES:]
        for line in lines:
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        match line.split():
            case [b"tether", b"1"]:
                self.connected = True
            case [self.nonce, b"started"]:
                pass
            case [self.nonce, b"cut"]:
                self.cut = True
            case [self.nonce, b"ended", status] if status.isdigit():
                self.status = int(status)
            case _:
                self._noise = (self._noise + line + b"\n")[-_COMPLAINT_BYTES:]


@dataclass(slots=True)
class _Heard:
    """What came on the client's standard output, from the statement's first byte on."""

    mark: bytes  # the line after which the statement speaks
    excerpt: Excerpt
    _before: bytes | None = b""

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._before is None:
            self.excerpt.feed(piece)
            return
        before, mark, after = (self._before + piece).partition(self.mark)
        self._before = None if mark else before[-len(self.mark) :]
        if after:
            self.excerpt.feed(after)


class _Line:
    """A client program and its three pipes."""

    def __init__(self, argv: Sequence[str], errand: Errand, excerpt: Excerpt) -> None:
        nonce = secrets.token_hex(16)
        self.told = _Told(nonce.encode())
        self._heard = _Heard(nonce.encode() + b"\n", excerpt)
        self._errand = errand.written(nonce)
        self._unsent = b""
        self._beat_at = float("inf")
        self._client = subprocess.Popen(  # noqa: S603
            argv,
            env=client_environment(),
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        down, heard, told = self._pipes()
        self._down = down
        self._readers: dict[int, Callable[[bytes], None]] = {
            heard: self._heard.feed,
            told: self.told.feed,
        }
        self._ended = os.pidfd_open(self._client.pid)
        self._woken = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.poll()
        for descriptor in (*self._readers, self._ended, self._woken):
            self._poll.register(descriptor, select.POLLIN)
        self.over = False  # whether the client has ended

    def __enter__(self) -> _Line:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._client.kill()
        self._client.wait()
        for pipe in (self._client.stdin, self._client.stdout, self._client.stderr):
            if pipe is not None:
                pipe.close()
        os.close(self._ended)
        os.close(self._woken)
        self._heard.excerpt.close()

    def _pipes(self) -> list[int]:
        """Return the ends of standard input, output and error that are ours."""
        pipes = (self._client.stdin, self._client.stdout, self._client.stderr)
        found = [pipe.fileno() for pipe in pipes if pipe is not None]
        for descriptor in found:
            os.set_blocking(descriptor, False)
        return found

    def wake(self) -> None:
        """Have `turn` return at once. From any thread."""
        os.eventfd_write(self._woken, 1)

    def send(self) -> None:
        """Tell the far end what to do, and from then on that we are there."""
        self._unsent = self._errand
        self._poll.register(self._down, select.POLLOUT)
        self._beat_at = time.monotonic() + _BEAT_SECONDS

    def turn(self, deadline: float) -> bool:
        """Wait until something happens, the deadline at most; return whether output came."""
        wait = min(deadline, self._beat_at) - time.monotonic()
        ready = {descriptor for descriptor, _ in self._poll.poll(max(0.0, wait) * 1000)}
        if self._down in ready:
            self._push()
        came = [self._read(descriptor) for descriptor in (*self._readers,) if descriptor in ready]
        if self._woken in ready:
            os.eventfd_read(self._woken)
        if self._ended in ready:
            self.over = True
            self._poll.unregister(self._ended)
        if time.monotonic() >= self._beat_at:
            self._beat()
        return any(came)

    def hang_up(self) -> None:
        """Cut the line, so that the far end kills the statement; hear it out for a moment."""
        self._close_down()
        deadline = time.monotonic() + _FAREWELL_SECONDS
        while not (self.told.ended or self.over) and time.monotonic() < deadline:
            self.turn(deadline)
        self.last_words()

    def last_words(self) -> None:
        """Take what is still on its way, also if somebody keeps the other end open."""
        end = time.monotonic() + _MOST_DRAIN_SECONDS
        quiet = time.monotonic() + _DRAIN_SECONDS
        while self._readers and time.monotonic() < min(quiet, end):
            if self.turn(quiet):
                quiet = time.monotonic() + _DRAIN_SECONDS

    def _read(self, descriptor: int) -> bool:
        piece = os.read(descriptor, _PIECE_BYTES)
        if piece:
            self._readers[descriptor](piece)
        else:
            self._poll.unregister(descriptor)
            del self._readers[descriptor]
        return bool(piece)

    def _push(self) -> None:
        try:
            self._unsent = self._unsent[os.write(self._down, self._unsent[: select.PIPE_BUF]) :]
        except BrokenPipeError:
            self._close_down()
        if not self._unsent and self._down >= 0:
            self._poll.unregister(self._down)

    def _beat(self) -> None:
        self._beat_at = time.monotonic() + _BEAT_SECONDS
        if not self._unsent and self._down >= 0:
            self._unsent = b"."
            self._poll.register(self._down, select.POLLOUT)

    def _close_down(self) -> None:
        if self._down >= 0 and self._client.stdin is not None:
            if self._unsent:
                self._poll.unregister(self._down)
            self._unsent, self._down = b"", -1
            self._client.stdin.close()
