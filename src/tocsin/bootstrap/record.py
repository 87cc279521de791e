"""Open the record for verification, changing nothing; and the places checkpoints go to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from tocsin.adapters.db.store import SqlStore, connect
from tocsin.adapters.db.version import HEAD, current
from tocsin.adapters.outlets.file import FileOutlet, read_file
from tocsin.adapters.outlets.message import MessageOutlet
from tocsin.bootstrap.database import database_file, telling_of_opening
from tocsin.bootstrap.workspace import FILE
from tocsin.core.checkpoint import Checkpoint
from tocsin.core.errors import NotFound, Unavailable
from tocsin.core.workspace import Person, Workspace
from tocsin.ports.channels import ChannelPort
from tocsin.ports.outlets import Outlet
from tocsin.ports.store import Store


def open_record(workspace: Workspace) -> Store:
    """Return the workspace's store as it is: nothing is made, nothing brought up to date.

    Raises:
        NotFound("store.none"): There is no database yet.
        Unavailable("store.schema"): It has another schema.
        Unavailable("store.…"): It cannot be opened.
    """
    file = database_file(workspace)
    if file is not None and not file.exists():
        raise NotFound("store.none", f"There is no database {file}.", hint="`tocsin serve`")
    with telling_of_opening():
        engine = connect(workspace.database)
        found = current(engine) or ""
    if found != HEAD:
        raise Unavailable(
            "store.schema",
            f"The database has schema {found or 'none'}, and this program reads {HEAD}.",
            hint="Install the release that made it, or start `tocsin serve` once.",
        )
    return SqlStore(engine)


def checkpoint_file(workspace: Workspace) -> Path | None:
    """Return where checkpoints are written to; None where they are not."""
    name = workspace.audit.checkpoint_file
    return Path(workspace.directory, name) if name else None


def outside(workspace: Workspace, named: Path | None) -> list[Checkpoint] | None:
    """Return the checkpoints of a file, else of the workspace's; None where there is none.

    Raises:
        Unavailable("audit.file"), Invalid("audit.checkpoint")
    """
    path = named or checkpoint_file(workspace)
    if path is None or (named is None and not path.exists()):
        return None
    return read_file(path)


def outlets(workspace: Workspace, channels: Mapping[str, ChannelPort]) -> dict[str, Outlet]:
    """Return the places checkpoints go to, by what people call them."""
    found: dict[str, Outlet] = {}
    path = checkpoint_file(workspace)
    if path is not None:
        found[f"the checkpoint file {path}"] = FileOutlet(path)
    name, recipient = workspace.audit.checkpoint_channel, workspace.audit.checkpoint_to
    if name:
        someone = Person(name="checkpoints", email=recipient, webhook=recipient)
        link = workspace.public_url
        found[f"checkpoints by {name}"] = MessageOutlet(channels[name], someone, link=link)
    return found


def configuration_sha256(workspace: Workspace) -> str:
    """Return the SHA-256, in hex, of tocsin.toml as it lies there now; empty if it is gone."""
    try:
        return hashlib.sha256(Path(workspace.directory, FILE).read_bytes()).hexdigest()
    except OSError:
        return ""
