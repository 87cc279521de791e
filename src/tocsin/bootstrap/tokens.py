"""The store alone, for the commands that let people in."""

from __future__ import annotations

from tocsin.adapters.db.store import SqlStore
from tocsin.bootstrap.database import open_database
from tocsin.core.workspace import Workspace
from tocsin.ports.store import Store


def open_store(workspace: Workspace) -> Store:
    """Return the workspace's store, its schema up to date.

    Raises:
        Unavailable("store.unavailable")
    """
    return SqlStore(open_database(workspace))
