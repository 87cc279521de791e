"""Bring a database to the newest schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

_LOCK = 0x746F6373  # any number that nobody else uses
_SCRIPTS = Path(__file__).with_name("migrations")


def upgrade(engine: sa.Engine) -> None:
    """Run every migration the database has not seen, all of them or none.

    Several processes may do this at once: one migrates, the others find it done.
    """
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["engine"] = engine
    with _alone(engine):
        command.upgrade(config, "head")


@contextmanager
def _alone(engine: sa.Engine) -> Iterator[None]:
    """Keep other processes from migrating. SQLite does that itself: it has one writer."""
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as waiting:
        waiting.exec_driver_sql("SET lock_timeout = '60s'")
        waiting.exec_driver_sql(f"SELECT pg_advisory_lock({_LOCK})")
        try:
            yield
        finally:
            waiting.exec_driver_sql(f"SELECT pg_advisory_unlock({_LOCK})")
            waiting.invalidate()  # it has settings of its own: not for the pool
