"""What Alembic runs: the steps, on the connection and in the transaction that the store has opened."""

from __future__ import annotations

from alembic import context

from kobo_sync.store import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    version_table=tables.REVISION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
