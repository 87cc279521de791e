"""What a login that should only look could do beyond that, asked of the store itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """What a login can do beyond looking, each as a phrase after "can"."""

    grave: tuple[str, ...] = ()  # somebody gave it that
    common: tuple[str, ...] = ()  # everybody may, unless it was taken from them


_TABLES = (
    "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_'"
    " AND n.nspname <> 'information_schema'"
)
_MEMBER = "SELECT FROM pg_roles g WHERE g.rolname = '{}' AND pg_has_role(r.oid, g.oid, 'MEMBER')"
_GRANTED = {
    "end other people's sessions": "pg_signal_backend",
    "start programs on the server": "pg_execute_server_program",
    "write files on the server": "pg_write_server_files",
    "read files on the server": "pg_read_server_files",
    "write into every table": "pg_write_all_data",
}
_ASKED = {
    "do everything, as a superuser": "r.rolsuper",
    "create roles": "r.rolcreaterole",
    "create databases": "r.rolcreatedb",
    "replicate": "r.rolreplication",
    **{what: f"EXISTS ({_MEMBER.format(role)})" for what, role in _GRANTED.items()},
    "alter and drop tables that it owns": (
        f"EXISTS ({_TABLES} AND pg_has_role(r.oid, c.relowner, 'MEMBER'))"
    ),
    "write into tables": (
        f"EXISTS ({_TABLES} AND"
        " has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))"
    ),
    "create tables": (
        "EXISTS (SELECT FROM pg_namespace n WHERE n.nspname !~ '^pg_'"
        " AND has_schema_privilege(r.oid, n.oid, 'CREATE'))"
    ),
}
_LOCKS = "has_function_privilege(r.oid, 'pg_advisory_lock(bigint)', 'EXECUTE')"


def postgres_excess(connection: psycopg.Connection) -> Excess:
    """Return what the login of this connection can do too much."""
    columns = ", ".join([*_ASKED.values(), _LOCKS])
    asked = f"SELECT {columns} FROM pg_roles r WHERE r.rolname = current_user"  # noqa: S608
    row = connection.execute(asked.encode()).fetchone() or ()
    *answers, locks = [str(value).lower().startswith("t") for value in row]
    grave = tuple(what for what, holds in zip(_ASKED, answers, strict=True) if holds)
    return Excess(grave=grave, common=("take advisory locks",) if locks else ())


_LOOKS = frozenset(
    {"USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES", "PROCESS", "REPLICATION CLIENT",
     "BINLOG MONITOR", "SLAVE MONITOR", "REPLICA MONITOR"}
)  # fmt: skip
_GRANT = re.compile(r"GRANT (?P<what>.+?) ON (?!`?[^ ]+`?@)")


def mysql_excess(grants: Sequence[str]) -> Excess:
    """Return what a login with these grants, as `SHOW GRANTS` tells them, can do too much."""
    found = []
    for grant in grants:
        said = _GRANT.match(grant)
        named = re.sub(r"\([^)]*\)", "", said["what"]).split(",") if said else ["a role"]
        found += [name.strip() for name in named]
    grave = tuple(f"use {name}" for name in dict.fromkeys(found) if name not in _LOOKS)
    return Excess(grave=grave, common=("take named locks",))
