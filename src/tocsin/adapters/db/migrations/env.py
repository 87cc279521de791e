"""Alembic's entry: run the migrations on the engine we were handed."""

from __future__ import annotations

from alembic import context

from tocsin.adapters.db.schema import metadata

with context.config.attributes["engine"].connect() as connection:
    context.configure(
        connection=connection, target_metadata=metadata, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
