"""The migrations and the tables they make."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from shelf import Shelf
from tocsin.adapters.db import migrate, schema, version
from tocsin.adapters.db.store import connect
from tocsin.core.rights import EVERYWHERE, Permission

SCRIPTS = Path(migrate.__file__).with_name("migrations")


def test_the_migrations_add_up_to_the_schema(database_url: str) -> None:
    """Tables, columns, types and indexes: what runs in the field is what the code expects."""
    engine = connect(database_url)

    migrate.upgrade(engine)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    assert version.current(engine) == version.HEAD
    engine.dispose()


def test_the_comparison_would_see_a_difference(database_url: str) -> None:
    """Else the test above could not fail."""
    engine = connect(database_url)
    migrate.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP INDEX ix_tocsin_delivery_due_at"))
        connection.execute(sa.text("ALTER TABLE tocsin_event ADD COLUMN more TEXT"))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        different = compare_metadata(context, schema.metadata)
    assert sorted(each[0] for each in different) == ["add_index", "remove_column"]
    engine.dispose()


def test_unique_keys_are_those_of_the_schema(database_url: str) -> None:
    """The keys are what keeps two incidents, two pages and two entries apart."""
    engine = connect(database_url)
    migrate.upgrade(engine)

    for table in schema.metadata.sorted_tables:
        wanted = {
            tuple(column.name for column in each.columns)
            for each in table.constraints
            if isinstance(each, sa.UniqueConstraint)
        }
        found = sa.inspect(engine).get_unique_constraints(table.name)
        assert {tuple(each["column_names"]) for each in found} == wanted, table.name
    engine.dispose()


def test_head_is_the_newest_migration() -> None:
    """The server compares with it at start, so that it need not load the migrations."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))

    assert ScriptDirectory.from_config(config).get_heads() == [version.HEAD]


def test_a_database_that_is_up_to_date_is_left_alone(database_url: str) -> None:
    """Also with something in it; one without any schema has no version."""
    engine = connect(database_url)
    assert version.current(engine) is None
    migrate.upgrade(engine)
    incident = Shelf(engine).incident()

    migrate.upgrade(engine)

    assert Shelf(engine).tell(lambda tx: tx.incidents.get(incident.id)) == incident
    engine.dispose()


def test_a_database_in_use_is_brought_up_with_all_it_holds(database_url: str) -> None:
    """The way from release to release: a row in every table, each referring to the others."""
    engine = connect(database_url)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["engine"] = engine
    command.upgrade(config, "0001")
    old = sa.MetaData()
    old.reflect(engine, only=lambda name, _: name.startswith("tocsin_"))
    with engine.begin() as connection:
        for table in old.sorted_tables:
            connection.execute(table.insert().values(_a_row_of(table)))

    migrate.upgrade(engine)

    forgotten = {"tocsin_session"}
    with engine.connect() as connection:
        for table in old.sorted_tables:
            count = connection.scalar(sa.text(f"SELECT count(*) FROM {table.name}"))
            assert count == (0 if table.name in forgotten else 1), table.name
        assert not connection.scalar(sa.text("SELECT unattended FROM tocsin_step_run"))
        assert not connection.scalar(sa.text("SELECT broke_glass FROM tocsin_approval"))
    engine.dispose()


def _a_row_of(table: sa.Table) -> dict[str, object]:
    """Return a value for each column; whatever refers to a row refers to number 1."""
    values: dict[type, object] = {
        sa.Integer: 1,
        sa.Boolean: False,
        sa.DateTime: datetime(2026, 1, 1, tzinfo=UTC),
        sa.Text: "[]",
        sa.LargeBinary: b"[]",
        sa.Float: 1.0,
    }
    return {
        column.name: next(value for kind, value in values.items() if isinstance(column.type, kind))
        for column in table.columns
    }


def test_the_way_back_leaves_nothing(database_url: str) -> None:
    """A migration that cannot be undone is one nobody dares to run."""
    engine = connect(database_url)
    migrate.upgrade(engine)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["engine"] = engine

    command.downgrade(config, "base")

    assert set(sa.inspect(engine).get_table_names()) == {"alembic_version"}
    engine.dispose()


MIGRATE = """
import sys, time
from tocsin.adapters.db import migrate, version
from tocsin.adapters.db.store import connect
from tocsin.core.rights import EVERYWHERE, Permission
engine = connect(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
migrate.upgrade(engine)
print(version.current(engine))
"""


def test_processes_that_migrate_at_once_do_not_trip_over_each_other(database_url: str) -> None:
    """A rollout starts several servers on an empty database in the same second."""
    argv = [sys.executable, "-c", MIGRATE, database_url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = [subprocess.Popen(argv, text=True, **pipes) for _ in range(3)]
    for each in started:
        assert each.stdout is not None and each.stdout.readline() == "ready\n"

    for each in started:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()

    ended = [each.communicate(timeout=60) for each in started]
    assert [(out.strip(), err) for out, err in ended] == [(version.HEAD, "")] * 3


def test_whoever_held_a_token_goes_on_as_admin(database_url: str) -> None:
    """Before there were roles every token opened everything; an upgrade locks nobody out."""
    engine = connect(database_url)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["engine"] = engine
    command.upgrade(config, "0001")
    with engine.begin() as connection:
        for person, sha, revoked in (
            ("ada", "a1", None),
            ("ada", "a2", None),
            ("Ada", "a3", None),
            ("grace", "g1", "2026-01-01 00:00:00"),
        ):
            connection.execute(
                sa.text(
                    "INSERT INTO tocsin_token (person, sha256, made_at, revoked_at)"
                    " VALUES (:person, :sha, '2026-01-01 00:00:00', :revoked)"
                ),
                {"person": person, "sha": sha, "revoked": revoked},
            )

    migrate.upgrade(engine)

    with Shelf(engine).store.look() as tx:
        assert {each.name for each in tx.people.users()} == {"ada", "Ada"}
        assert tx.people.rights("ada").may(Permission.ADMINISTER, EVERYWHERE)
        kept = tx.people.token("a1")
        assert kept is not None and kept.opens(datetime(2027, 1, 1, tzinfo=UTC))
        assert not tx.people.rights("grace").grants
    engine.dispose()
