"""Open the workspace's database: its folder, its lock, its schema, its key."""

from __future__ import annotations

import fcntl
import importlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from tocsin.adapters.db import rows, schema
from tocsin.adapters.db.store import connect, telling_problems
from tocsin.adapters.db.version import HEAD, current
from tocsin.core.errors import Unavailable
from tocsin.core.workspace import Workspace

_KEY = "link key"
_KEY_BYTES = 32


def open_database(workspace: Workspace) -> sa.Engine:
    """Return an engine on the workspace's database, with the newest schema.

    Raises:
        Unavailable("store.newer"): A newer Tocsin has been here.
        Unavailable("store.…"): It cannot be opened or brought up to date.
    """
    with telling_of_opening():
        _make_file(workspace)
        engine = connect(workspace.database)
        found = current(engine)
        if found is not None and found > HEAD:
            raise Unavailable(
                "store.newer",
                f"The database has schema {found}, which is newer than this program's {HEAD}.",
                hint="Install the release that made it; nothing was changed.",
            )
        if found != HEAD:
            # Alembic takes a second to import and is needed once per release.
            importlib.import_module("tocsin.adapters.db.migrate").upgrade(engine)
    return engine


@contextmanager
def telling_of_opening() -> Iterator[None]:
    """Turn whatever opening a database may raise into a problem, from its URL to its schema."""
    try:
        with telling_problems():
            yield
    except (OSError, ValueError, ImportError, sa.exc.SQLAlchemyError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        raise Unavailable(
            "store.unavailable", f"The database cannot be opened: {reason}.", hint="tocsin doctor"
        ) from error


def database_file(workspace: Workspace) -> Path | None:
    """Return where a SQLite database lies; None for one behind a server."""
    url = sa.make_url(workspace.database)
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if is_file else None


def _make_file(workspace: Workspace) -> None:
    """Make the data directory and the SQLite file, for the owner's eyes only."""
    Path(workspace.data_directory).mkdir(mode=0o700, parents=True, exist_ok=True)
    file = database_file(workspace)
    if file is not None:
        os.close(os.open(file, os.O_RDONLY | os.O_CREAT, 0o600))


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
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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


def secret_key(engine: sa.Engine) -> bytes:
    """Return the key that signs links: made on first use, the same for all on this database.

    Raises:
        Unavailable("store.key"): What the database holds is no key.
    """
    made = {"name": _KEY, "value": secrets.token_hex(_KEY_BYTES)}
    with telling_problems(), engine.begin() as connection:
        new = rows.insert(connection, schema.setting).values(**made)
        connection.execute(new.on_conflict_do_nothing())
        named = sa.select(schema.setting.c.value).where(schema.setting.c.name == _KEY)
        held = connection.execute(named).scalar_one()
    try:
        key = bytes.fromhex(held)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise Unavailable(
            "store.key",
            "The key that signs links is damaged in the database.",
            hint="DELETE FROM tocsin_setting; the next start makes a new key, older links end.",
        )
    return key
