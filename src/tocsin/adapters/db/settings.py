"""What every process on one database must agree on."""

from __future__ import annotations

import sqlalchemy as sa

from tocsin.adapters.db import rows, schema


class SqlSettings:
    """Short texts by name."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> str | None:
        table = schema.setting.c
        statement = sa.select(table.value).where(table.name == name)
        return self._connection.execute(statement).scalar()

    def put(self, name: str, value: str) -> None:
        statement = rows.insert(self._connection, schema.setting).values(name=name, value=value)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_={"value": value})
        )

    def remove(self, name: str) -> None:
        table = schema.setting
        self._connection.execute(sa.delete(table).where(table.c.name == name))
