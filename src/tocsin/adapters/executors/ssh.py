"""Runs bash on other machines over ssh: the system's own client with the user's configuration.

Jump hosts, known hosts, keys and aliases are therefore what they are in everybody's shell. What
the client must not do for us (ask questions, forward an agent, ports or a display, start with a
host that is an option) is said before the host, where no configuration can undo it.

Looking shares one connection per target for a minute. Changing does not: its login is there for
one approved step and is gone afterwards.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Sequence

from tocsin.adapters.afar import AfarExecutor
from tocsin.core.workspace import Target, TargetKind

_FIXED = {
    "BatchMode": "yes",
    "ClearAllForwardings": "yes",
    "ConnectTimeout": "10",
    "EscapeChar": "none",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "LogLevel": "ERROR",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
    "RequestTTY": "no",
    "ServerAliveCountMax": "3",
    "ServerAliveInterval": "5",
    "Tunnel": "no",
    "UpdateHostKeys": "no",
}
_PERSIST_SECONDS = 60
_LONGEST_SOCKET = 80  # a socket's path has 107 bytes, and the client adds some of its own


class SshExecutor(AfarExecutor):
    """Runs bash on `ssh` targets."""

    kind = TargetKind.SSH

    def __init__(self, sockets: str = "", *, bwrap: str = "bwrap") -> None:
        """Share connections through sockets in this folder; without one share none."""
        super().__init__(bwrap=bwrap)
        self._sockets = sockets

    def client(
        self, target: Target, host: str, words: Sequence[str], *, changing: bool
    ) -> Sequence[str]:
        """Return the client and its arguments that run `words` there."""
        host = host or target.host
        user, identity = target.user, target.identity
        if changing:
            host = target.change_host or host
            user, identity = target.change_user or user, target.change_identity or identity
        options = {**_FIXED, **self._sharing(target, host, changing=changing)}
        argv = ["ssh", *(("-F", target.config) if target.config else ())]
        argv += [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        argv += ["-l", user] if user else []
        argv += ["-o", "IdentitiesOnly=yes", "-i", identity] if identity else []
        return [*argv, "--", host, f"exec {shlex.join(words)}"]

    def _sharing(self, target: Target, host: str, *, changing: bool) -> dict[str, str]:
        """Return what has looking share a connection, each login and each host its own."""
        name = hashlib.sha256(f"{target.sha256()} {host}".encode()).hexdigest()[:16]
        path = os.path.join(self._sockets, name)
        if changing or not self._sockets or len(path) > _LONGEST_SOCKET:
            return {"ControlMaster": "no", "ControlPath": "none"}
        os.makedirs(self._sockets, mode=0o700, exist_ok=True)
        quoted = path.replace("%", "%%")
        return {
            "ControlMaster": "auto",
            "ControlPath": f'"{quoted}"',
            "ControlPersist": str(_PERSIST_SECONDS),
        }
