"""Databases for these tests, in the session's private PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from servers import database


@pytest.fixture(scope="session")
def cluster(postgres_cluster: str) -> Iterator[str]:
    """The superuser's address of a database of our own."""
    with database(postgres_cluster) as address:
        yield address


@pytest.fixture(scope="session")
def reader(cluster: str) -> str:
    """Return the address of a login that may only read, in a database with one table."""
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute("CREATE TABLE jobs (id int PRIMARY KEY, state text)")
        connection.execute("INSERT INTO jobs VALUES (1, 'failed'), (2, NULL), (3, E'a\\x1b[2J')")
        connection.execute("CREATE ROLE tocsin LOGIN")
        connection.execute("GRANT ALL ON jobs TO tocsin")
    return cluster.replace("boss@", "tocsin@")
