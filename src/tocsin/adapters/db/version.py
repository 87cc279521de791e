"""Which version of the schema a database has."""

from __future__ import annotations

import sqlalchemy as sa

HEAD = "0002"
"""The newest migration in `migrations/versions`; a test holds the two together."""


def current(engine: sa.Engine) -> str | None:
    """Return the database's schema version, or None where it has none yet."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
