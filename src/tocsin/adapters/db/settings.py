"""What every process on one database must agree on."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa

from tocsin.adapters.db import rows, schema

_GET = sa.select(schema.setting.c.value).where(schema.setting.c.name == sa.bindparam("wanted"))


class SqlSettings:
    """Short texts by name."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> str | None:
        return self._connection.execute(_GET, {"wanted": name}).scalar()

    def put(self, name: str, value: str) -> None:
        statement = _put(self._connection.dialect.name)
        self._connection.execute(statement, {"name": name, "value": value})

    def remove(self, name: str) -> None:
        table = schema.setting
        self._connection.execute(sa.delete(table).where(table.c.name == name))


@cache
def _put(dialect: str) -> Any:
    """Return the statement that keeps a value, which is built once per dialect."""
    statement = rows.insert_in(dialect, schema.setting)
    return statement.on_conflict_do_update(
        index_elements=["name"], set_={"value": statement.excluded.value}
    )
