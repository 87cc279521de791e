"""Users, their rights, tokens and sessions (hashes only), and which processes are alive."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tocsin.adapters.db import rows, schema
from tocsin.core.rights import Grant, Rights
from tocsin.core.user import Session, Token, User, folded

_USER = sa.select(schema.user).where(schema.user.c.name == sa.bindparam("wanted"))
_GRANTED = (
    sa.select(schema.grant.c.role, schema.grant.c.service)
    .where(schema.grant.c.person == sa.bindparam("wanted"))
    .distinct()
    .order_by(schema.grant.c.service, schema.grant.c.role)
)


class SqlPeople:
    """Who may come in, and what they may do then."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add_user(self, user: User) -> bool:
        statement = (
            rows.insert(self._connection, schema.user)
            .values(**rows.columns(user), folded=folded(user.name))
            .on_conflict_do_nothing()
            .returning(schema.user.c.name)
        )
        return self._connection.execute(statement).first() is not None

    def user(self, name: str) -> User | None:
        row = self._connection.execute(_USER, {"wanted": name}).first()
        return None if row is None else rows.value(User, row)

    def user_with_subject(self, issuer: str, subject: str) -> User | None:
        table = schema.user.c
        return self._user(sa.and_(table.issuer == issuer, table.subject == subject))

    def _user(self, where: sa.ColumnElement[bool]) -> User | None:
        row = self._connection.execute(sa.select(schema.user).where(where)).first()
        return None if row is None else rows.value(User, row)

    def users(self) -> list[User]:
        statement = sa.select(schema.user).order_by(schema.user.c.name)
        return [rows.value(User, row) for row in self._connection.execute(statement)]

    def put_user(self, user: User) -> None:
        where = schema.user.c.name == user.name
        self._connection.execute(sa.update(schema.user).where(where).values(**rows.columns(user)))

    def remove_user(self, name: str) -> None:
        for table in (schema.session, schema.token, schema.grant):
            self._connection.execute(sa.delete(table).where(table.c.person == name))
        self._connection.execute(sa.delete(schema.user).where(schema.user.c.name == name))

    def grant(self, person: str, grant: Grant, *, by_groups: bool = False) -> None:
        values = {**rows.columns(grant), "person": person, "by_groups": by_groups}
        statement = rows.insert(self._connection, schema.grant).values(**values)
        self._connection.execute(statement.on_conflict_do_nothing())

    def revoke(self, person: str, grant: Grant) -> bool:
        table = schema.grant.c
        statement = sa.delete(schema.grant).where(
            table.person == person, table.role == grant.role, table.service == grant.service
        )
        return bool(self._connection.execute(statement.returning(table.id)).all())

    def revoke_groups(self, person: str) -> None:
        table = schema.grant.c
        self._connection.execute(
            sa.delete(schema.grant).where(table.person == person, table.by_groups)
        )

    def granted(self, person: str) -> Rights:
        held = self._connection.execute(_GRANTED, {"wanted": person})
        return Rights(grants=tuple(Grant(role=role, service=service) for role, service in held))

    def rights(self, person: str) -> Rights:
        user = self.user(person)
        return self.granted(person) if user and user.enabled else Rights()

    def add_token(self, token: Token) -> Token:
        statement = sa.insert(schema.token).values(**rows.columns(token))
        new = self._connection.execute(statement.returning(schema.token)).one()
        return rows.value(Token, new)

    def token(self, sha256: str) -> Token | None:
        return next(iter(self._tokens(schema.token.c.sha256 == sha256)), None)

    def token_numbered(self, token_id: int) -> Token | None:
        return next(iter(self._tokens(schema.token.c.id == token_id)), None)

    def tokens(self, person: str) -> list[Token]:
        table = schema.token.c
        return self._tokens(sa.and_(table.person == person, table.revoked_at.is_(None)))

    def _tokens(self, where: sa.ColumnElement[bool]) -> list[Token]:
        statement = sa.select(schema.token).where(where).order_by(schema.token.c.id)
        return [rows.value(Token, row) for row in self._connection.execute(statement)]

    def revoke_token(self, token_id: int, *, at: datetime) -> bool:
        revoked = self._revoke(schema.token.c.id == token_id, at)
        self._end(schema.session.c.token_id == token_id)
        return revoked > 0

    def revoke_tokens(self, person: str, *, at: datetime) -> int:
        revoked = self._revoke(schema.token.c.person == person, at)
        self.end_sessions(person)
        return revoked

    def _revoke(self, where: sa.ColumnElement[bool], at: datetime) -> int:
        table = schema.token.c
        statement = sa.update(schema.token).where(where, table.revoked_at.is_(None))
        return len(
            self._connection.execute(statement.values(revoked_at=at).returning(table.id)).all()
        )

    def token_used(self, token_id: int, *, at: datetime) -> None:
        where = schema.token.c.id == token_id
        self._connection.execute(sa.update(schema.token).where(where).values(used_at=at))

    def add_session(self, session: Session) -> None:
        self._connection.execute(sa.insert(schema.session), rows.columns(session))

    def session(self, sha256: str) -> Session | None:
        where = schema.session.c.sha256 == sha256
        row = self._connection.execute(sa.select(schema.session).where(where)).first()
        return None if row is None else rows.value(Session, row)

    def session_used(self, sha256: str, *, at: datetime) -> None:
        where = schema.session.c.sha256 == sha256
        self._connection.execute(sa.update(schema.session).where(where).values(used_at=at))

    def end_session(self, sha256: str) -> None:
        self._end(schema.session.c.sha256 == sha256)

    def end_sessions(self, person: str) -> int:
        return self._end(schema.session.c.person == person)

    def end_sessions_before(self, at: datetime) -> None:
        self._end(schema.session.c.expires_at <= at)

    def _end(self, where: sa.ColumnElement[bool]) -> int:
        statement: Any = sa.delete(schema.session).where(where)
        return len(self._connection.execute(statement.returning(schema.session.c.sha256)).all())


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
