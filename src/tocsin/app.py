"""The running product as one value: what every entry point is handed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.core.workspace import Workspace
from tocsin.ports.identity import IdentityProvider
from tocsin.ports.inbox import Inbox
from tocsin.ports.passwords import Passwords
from tocsin.ports.runbooks import Runbooks
from tocsin.ports.store import Store
from tocsin.running.grounds import Grounds


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything an entry point may touch. Built once, by `bootstrap`."""

    workspace: Workspace
    store: Store
    runbooks: Runbooks
    inbox: Inbox
    secret_key: bytes  # signs the links in pages
    sandbox_missing: str  # why nothing runs unattended here; empty where it does
    now: Callable[[], datetime]
    passwords: Passwords | None = None  # None: nobody logs in by password
    mask: Callable[[str], str] = str  # takes secrets out of what is said to a caller
    warnings: Callable[[], Sequence[str]] = tuple  # what is wrong with the record just now
    identity: IdentityProvider | None = None  # None: nobody logs in elsewhere

    @property
    def grounds(self) -> Grounds:
        """What decisions about steps stand on."""
        return Grounds(
            workspace=self.workspace,
            runbooks=self.runbooks,
            key=self.secret_key,
            sandbox_missing=self.sandbox_missing,
        )
