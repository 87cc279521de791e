"""Alembic's entry: run the migrations on the engine we were handed."""

from __future__ import annotations

from alembic import context

from tocsin.adapters.db.schema import metadata

with context.config.attributes["engine"].connect() as connection:
    # One transaction for all of them: what has been done already must not change between the
    # question and the first migration, whoever else migrates.
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
