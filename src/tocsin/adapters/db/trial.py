"""Try a database out, as it is: nothing is made, migrated or kept."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from tocsin.adapters.db import schema
from tocsin.adapters.db.version import HEAD, current

_PATIENCE_S = 3


def try_out(url: str, file: Path | None) -> str | None:
    """Return the schema version of a database that could be written; None where it is empty.

    A row, or a table where there is none of ours yet, is written and rolled back.

    Args:
        url: Its address.
        file: Where it lies, if it is SQLite; there it must exist.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: It could not be written.
    """
    engine = _server(url) if file is None else _file(file)
    try:
        found = current(engine)
        with engine.connect() as connection, connection.begin() as transaction:
            if found == HEAD:
                connection.execute(
                    sa.insert(schema.setting), {"name": "tried out by doctor", "value": ""}
                )
            else:
                connection.exec_driver_sql("CREATE TABLE tocsin_doctor (x INTEGER)")
            transaction.rollback()
    finally:
        engine.dispose()
    return found


def _server(url: str) -> sa.Engine:
    patience = {"connect_timeout": _PATIENCE_S, "options": f"-c lock_timeout={_PATIENCE_S}s"}
    return sa.create_engine(url, poolclass=sa.pool.NullPool, connect_args=patience)


def _file(file: Path) -> sa.Engine:
    def opened() -> sqlite3.Connection:
        address = f"file:{quote(str(file))}?mode=rw"
        return sqlite3.connect(address, uri=True, isolation_level=None, timeout=_PATIENCE_S)

    engine = sa.create_engine("sqlite://", creator=opened, poolclass=sa.pool.NullPool)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # sqlite3 would begin none before a CREATE
