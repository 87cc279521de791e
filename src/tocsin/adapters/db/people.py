"""Personal tokens and sessions (hashes only), and which processes are alive."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from tocsin.adapters.db import rows, schema


class SqlPeople:
    """Who may come in."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add_token(self, person: str, sha256: str, *, at: datetime) -> None:
        values = {"person": person, "sha256": sha256, "made_at": at}
        self._connection.execute(sa.insert(schema.token), values)

    def person_of_token(self, sha256: str) -> str | None:
        table = schema.token.c
        statement = sa.select(table.person).where(
            table.sha256 == sha256, table.revoked_at.is_(None)
        )
        return self._connection.execute(statement).scalar()

    def revoke_tokens(self, person: str, *, at: datetime) -> int:
        table, sessions = schema.token.c, schema.session
        revoked = self._connection.execute(
            sa.update(schema.token)
            .where(table.person == person, table.revoked_at.is_(None))
            .values(revoked_at=at)
            .returning(table.id)
        ).all()
        self._connection.execute(sa.delete(sessions).where(sessions.c.person == person))
        return len(revoked)

    def add_session(self, person: str, sha256: str, *, expires_at: datetime) -> None:
        values = {"person": person, "sha256": sha256, "expires_at": expires_at}
        self._connection.execute(sa.insert(schema.session), values)

    def person_of_session(self, sha256: str, *, now: datetime) -> str | None:
        table = schema.session.c
        statement = sa.select(table.person).where(table.sha256 == sha256, table.expires_at > now)
        return self._connection.execute(statement).scalar()

    def end_session(self, sha256: str) -> None:
        self._connection.execute(sa.delete(schema.session).where(schema.session.c.sha256 == sha256))


class SqlNodes:
    """Which processes are alive."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def beat(self, node: str, *, at: datetime) -> None:
        by_the_database = self._connection.dialect.name == "postgresql"
        beat_at = sa.func.now() if by_the_database else at
        statement = rows.insert(self._connection, schema.node).values(node=node, beat_at=beat_at)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["node"], set_={"beat_at": beat_at})
        )
