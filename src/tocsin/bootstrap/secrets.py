"""The secrets of a workspace, and what of them has been seen."""

from __future__ import annotations

import logging

from tocsin.adapters.secrets import read_secret
from tocsin.core.errors import Invalid, Problem
from tocsin.core.workspace import Workspace
from tocsin.running.known import Known, passwords_in

log = logging.getLogger("tocsin")


class Secrets:
    """The workspace's secrets, read each time they are needed, and known once they were read."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.known = Known(passwords_in(workspace))

    def read_all(self) -> None:
        """Read every secret once, so that what nobody has used yet does not get out either.

        One that cannot be read now becomes known when it is.
        """
        for secret in self._workspace.secrets:
            try:
                self.value(secret.name)
            except Problem as problem:
                log.warning("%s", problem.message)

    def value(self, name: str) -> str:
        """Return the secret's value.

        Raises:
            Invalid("secret.…"), NotFound("secret.…"), Unavailable("secret.…")
        """
        for secret in self._workspace.secrets:
            if secret.name == name:
                value = read_secret(secret, directory=self._workspace.directory)
                self.known.add(value)
                return value
        raise Invalid("secret.unknown", f"No secret called {name} is set up.")
