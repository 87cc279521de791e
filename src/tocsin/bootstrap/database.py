"""Open the workspace's database: its folder, its lock, its schema, its key."""

from __future__ import annotations

import fcntl
import importlib
import os
import secrets
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from tocsin.adapters.db.store import connect
from tocsin.adapters.db.version import HEAD, current
from tocsin.core.errors import Unavailable
from tocsin.core.workspace import Workspace

_KEY_BYTES = 32


def open_database(workspace: Workspace) -> sa.Engine:
    """Return an engine on the workspace's database, with the newest schema.

    Raises:
        Unavailable("store.unavailable"): It cannot be opened or brought up to date.
    """
    try:
        Path(workspace.data_directory).mkdir(parents=True, exist_ok=True)
        engine = connect(workspace.database)
        if current(engine) != HEAD:
            # Alembic takes a second to import and is needed once per release.
            importlib.import_module("tocsin.adapters.db.migrate").upgrade(engine)
    except (OSError, sa.exc.SQLAlchemyError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise Unavailable(
            "store.unavailable", f"The database cannot be opened: {reason}.", hint="tocsin doctor"
        ) from error
    return engine


def hold_alone(workspace: Workspace) -> IO[str] | None:
    """Make sure that one process serves a SQLite database; keep what this returns.

    Raises:
        Unavailable("store.held"): Another process does.
        Unavailable("store.unavailable"): The data directory cannot be written.
    """
    if not workspace.database.startswith("sqlite"):
        return None
    path = Path(workspace.data_directory) / "serve.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    except OSError as error:
        raise Unavailable(
            "store.unavailable",
            f"{path} cannot be written: {error.strerror}.",
            hint="tocsin doctor",
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Unavailable(
            "store.held",
            f"Another Tocsin serves {workspace.data_directory}.",
            hint="Stop it first; several processes need PostgreSQL.",
        ) from None
    return lock


def secret_key(workspace: Workspace) -> bytes:
    """Return the key that signs links; made on first use, readable by the owner only."""
    path = Path(workspace.data_directory) / "secret.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text().strip())
    key = secrets.token_bytes(_KEY_BYTES)
    with os.fdopen(handle, "w") as file:
        file.write(key.hex() + "\n")
    return key
