"""Adapters that are imported when they are first used.

A database driver takes as long to import as the web server: nobody who is paged should wait
for one that this playbook may never need.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cached_property
from typing import cast

from tocsin.core.run import Outcome
from tocsin.core.workspace import Target
from tocsin.ports.executors import Execution, Executor
from tocsin.ports.identity import Identity, IdentityProvider, Login
from tocsin.ports.passwords import Passwords


class Late:
    """Stands for the executor called `name` in `module`, made with `parts`."""

    def __init__(self, module: str, name: str, *parts: object) -> None:
        self._module = module
        self._name = name
        self._parts = parts

    @cached_property
    def _executor(self) -> Executor:
        made = getattr(importlib.import_module(self._module), self._name)
        return cast(Executor, made(*self._parts))

    def ready(self, target: Target, *, read_only: bool) -> str:
        """Return an empty string if it could run there, else one sentence why not."""
        return self._executor.ready(target, read_only=read_only)

    def run(self, execution: Execution, say: Callable[[bytes], None]) -> Outcome:
        """Run it and return how it ended."""
        return self._executor.run(execution, say)


class LatePasswords:
    """Stands for the hashing of passwords: most people log in without one."""

    @cached_property
    def _passwords(self) -> Passwords:
        module = importlib.import_module("tocsin.adapters.passwords")
        return cast(Passwords, module.Argon2Passwords())

    def hashed(self, password: str) -> str:
        """Return what is kept of a password."""
        return self._passwords.hashed(password)

    def fits(self, password: str, kept: str) -> bool:
        """Whether it is the password; takes as long where nothing is kept (then: False)."""
        return self._passwords.fits(password, kept)


class LateProvider:
    """Stands for the identity provider: what it takes is imported with the first such login."""

    def __init__(self, *parts: object, **named: object) -> None:
        self._parts = parts
        self._named = named

    @cached_property
    def _provider(self) -> IdentityProvider:
        module = importlib.import_module("tocsin.adapters.oidc")
        return cast(IdentityProvider, module.OidcProvider(*self._parts, **self._named))

    def address(self, login: Login) -> str:
        """Return where to send the browser."""
        return self._provider.address(login)

    def identity(self, code: str, login: Login) -> Identity:
        """Return who logged in."""
        return self._provider.identity(code, login)
