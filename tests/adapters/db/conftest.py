"""A store on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from servers import database
from shelf import Shelf
from tocsin.adapters.db import schema
from tocsin.adapters.db.store import connect


@pytest.fixture(scope="package")
def used_database(postgres_cluster: str) -> Iterator[str]:
    """A PostgreSQL database with our tables: making one takes a second, emptying it does not."""
    with database(postgres_cluster) as address:
        engine = connect(address)
        schema.metadata.create_all(engine)
        engine.dispose()
        yield address


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    """An empty store on each kind of database."""
    if request.param == "sqlite":
        engine = connect(f"sqlite:///{tmp_path / 'tocsin.db'}")
        schema.metadata.create_all(engine)
    else:
        engine = connect(request.getfixturevalue("used_database"))
        names = ", ".join(schema.metadata.tables)
        with engine.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    yield Shelf(engine)
    engine.dispose()
