"""The sandbox for looking: bubblewrap, and which walls it puts up for which target.

The whole file system is read-only, there are no capabilities, the process numbers are its own,
so that the kernel ends everything in it with its first process, and there is one small private
tmpfs to write to. The `host` profile shows the processes of the machine, out of reach of
signals, and leaves the network; the `contained` one has neither, nor what lies in people's homes
and under /run.

A socket of a daemon that does what it is told (docker, systemd, …) is a way around all of that. So
it is hidden from everything but a statement that calls the daemon's own client by name: there
the list of what is allowed has judged what the client is told.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess  # running commands is what this module is for
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from glob import glob

from tocsin.adapters.excerpt import Excerpt
from tocsin.adapters.keeping.following import Ended, bell_of, finish, follow
from tocsin.adapters.shell import INSTALL, WALLS, environment
from tocsin.core.workspace import Profile, Target
from tocsin.ports.executors import Stop

_PRIVATE = ("/home", "/root", "/run", "/tmp", "/var/tmp", "/mnt", "/media")  # noqa: S108
_BUS = frozenset({"systemctl", "loginctl", "hostnamectl", "timedatectl", "busctl", "networkctl"})
_DOCKER = frozenset({"docker", "docker-compose"})
_CONTAINERD = frozenset({"ctr", "crictl", "nerdctl"})
_LIBVIRT = frozenset({"virsh"})
CONTROL_SOCKETS: Mapping[str, frozenset[str]] = {
    "/run/docker.sock": _DOCKER,
    "/run/user": frozenset(),
    "/run/containerd/*.sock": _CONTAINERD,
    "/run/k3s/containerd/*.sock": _CONTAINERD,
    "/run/crio/crio.sock": _CONTAINERD,
    "/run/podman/podman.sock": frozenset({"podman"}),
    "/run/buildkit/*.sock": frozenset(),
    "/run/dbus/system_bus_socket": _BUS,
    "/run/systemd/private": _BUS,
    "/run/systemd/notify": frozenset(),
    "/run/initctl": frozenset(),
    "/run/udev/control": frozenset(),
    "/run/supervisor.sock": frozenset({"supervisorctl"}),
    "/run/supervisor/*.sock": frozenset({"supervisorctl"}),
    "/run/haproxy/*.sock": frozenset(),
    "/run/libvirt/*-sock*": _LIBVIRT,
    "/run/snapd*.socket": frozenset({"snap"}),
    "/run/tailscale/*.sock": frozenset({"tailscale"}),
    "/run/fail2ban/*.sock": frozenset({"fail2ban-client"}),
    "/run/lxd.socket": frozenset({"lxc"}),
    "/var/lib/lxd/unix.socket": frozenset({"lxc"}),
    "/var/lib/incus/unix.socket": frozenset({"incus"}),
    "/var/snap/lxd/common/lxd/unix.socket": frozenset({"lxc"}),
    "/tmp/.X11-unix": frozenset(),  # noqa: S108
    "/tmp/ssh-*": frozenset(),  # noqa: S108
    "/tmp/tmux-*": frozenset({"tmux"}),  # noqa: S108
}
"""Where daemons listen that do what they are told, and the clients that are let through."""

_PROBE_SECONDS = 10
_DEATH_SECONDS = 5.0  # for the kernel to clear a sandbox away


class NotStarted(Exception):
    """It was not started; nothing of it ran. The text says why."""


class Sandbox:
    """Runs programs so that they cannot write.

    Args:
        bwrap: The program to use.
        hidden: Files and folders that nothing inside may see: our own database, keys, secrets.
    """

    def __init__(self, *, bwrap: str = "bwrap", hidden: Collection[str] = ()) -> None:
        self._bwrap = bwrap
        self._hidden = tuple(hidden)
        self._proven: set[Profile] = set()  # that it starts here; failure is asked anew

    def missing(self, profile: Profile) -> str:
        """Return why there is none here, with what to do about it; empty where there is."""
        contained = profile is Profile.CONTAINED
        if profile in self._proven:
            return ""
        if not shutil.which(self._bwrap):
            return f"There is no sandbox: bubblewrap (bwrap) was not found. {INSTALL}"
        try:
            probe = subprocess.run(  # noqa: S603
                [self._bwrap, *WALLS, *(["--unshare-net"] if contained else []), "true"],
                env=environment({}),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PROBE_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"The sandbox cannot start here: {error}. {INSTALL}"
        if probe.returncode:
            cause = probe.stderr.decode(errors="replace").strip()[:200]
            return (
                f"The sandbox cannot start here ({cause}). Allow unprivileged user namespaces"
                " (sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap)."
            )
        self._proven.add(profile)
        return ""

    def run(
        self,
        argv: Sequence[str],
        *,
        target: Target,
        programs: Collection[str],
        seen: Mapping[str, str],
        excerpt: Excerpt,
        seconds: float,
        stop: Stop,
    ) -> tuple[Ended, int]:
        """Run it; return how it ended, with its exit status, when nothing of it lives.

        Raises:
            NotStarted: The kernel would not start it.
        """
        walls = [*self._walls(target, programs), "--"]
        with _started([self._bwrap], [*walls, *argv], seen) as (process, output, init):
            try:
                with bell_of(stop) as stopped, _pidfd(process) as over:
                    ended = follow(output, excerpt, ended=over, stopped=stopped, seconds=seconds)
            finally:
                process.kill()
                process.wait()
                _await_death(init)
                finish(output, excerpt)
        return ended, process.returncode

    def _walls(self, target: Target, programs: Collection[str]) -> list[str]:
        directory = os.path.realpath(target.directory or "/")
        hidden = {os.path.realpath(each) for each in (*_found(programs), *self._hidden)}
        walls = [*WALLS]
        if target.profile is Profile.CONTAINED:
            walls += ["--proc", "/proc", "--unshare-net", *_private(directory)]
            hidden = {each for each in hidden if not _is_private(each, directory)}
        for each in sorted(hidden):
            if not any(_is_below(each, folder) for folder in hidden):  # it is gone with it
                walls += _hide(each)
        return [*walls, "--chdir", directory]


def _private(directory: str) -> Iterator[str]:
    """Return the walls around what is nobody's business, with a hole for the directory."""
    for folder in (each for each in _PRIVATE if os.path.isdir(each)):
        yield from ("--tmpfs", folder)
        if _is_below(directory, folder):
            yield from ("--ro-bind", directory, directory)
        yield from ("--remount-ro", folder)


def _is_private(path: str, directory: str) -> bool:
    """Whether it cannot be seen from a contained look anyway."""
    around = [each for each in _PRIVATE if _is_below(path, each)]
    shown = any(_is_below(directory, each) for each in around) and _is_below(path, directory)
    return bool(around) and not shown


def _is_below(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder and path != folder


def control_sockets(programs: Collection[str]) -> list[str]:
    """Return patterns of the sockets to hide from a statement that calls these programs."""
    return [pattern for pattern, clients in CONTROL_SOCKETS.items() if clients.isdisjoint(programs)]


def _found(programs: Collection[str]) -> Iterator[str]:
    for pattern in control_sockets(programs):
        yield from glob(pattern)


def _hide(path: str) -> list[str]:
    """Return the wall before one file or folder; none where nothing is."""
    if os.path.isdir(path):
        return ["--tmpfs", path, "--remount-ro", path]
    return ["--ro-bind", os.devnull, path] if os.path.exists(path) else []


@contextmanager
def _started(
    bwrap: list[str], arguments: list[str], seen: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], int, int | None]]:
    """Start it; give the process, where to read its output, and a handle on its first process."""
    output, ours = os.pipe()
    facts, told = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603
            [*bwrap, "--info-fd", str(told), *arguments],
            env=seen,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=ours,
            stderr=ours,
            start_new_session=True,
            pass_fds=(told,),
        )
    except OSError as error:
        os.close(output)
        os.close(facts)
        raise NotStarted(error.strerror) from error
    finally:
        os.close(ours)
        os.close(told)
    os.set_blocking(output, False)
    try:
        yield process, output, _first_process(facts)
    finally:
        os.close(output)


@contextmanager
def _pidfd(process: subprocess.Popen[bytes]) -> Iterator[int]:
    handle = os.pidfd_open(process.pid)
    try:
        yield handle
    finally:
        os.close(handle)


def _first_process(facts: int) -> int | None:
    """Return a handle on the sandbox's first process; its end is the end of all in it."""
    with open(facts, "rb") as stream:
        told = stream.read(4096)
    try:
        return os.pidfd_open(json.loads(told)["child-pid"])
    except (ValueError, KeyError, OSError):
        return None  # it never started, or is over already


def _await_death(init: int | None) -> None:
    if init is None:
        return
    try:
        waiting = select.poll()
        waiting.register(init, select.POLLIN)
        if not waiting.poll(_DEATH_SECONDS * 1000):
            signal.pidfd_send_signal(init, signal.SIGKILL)
            waiting.poll(_DEATH_SECONDS * 1000)
    except ProcessLookupError:
        return
    finally:
        os.close(init)
