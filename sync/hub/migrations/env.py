"""What Alembic runs for each upgrade: the steps, on the connection that it was given."""

from __future__ import annotations

from alembic import context

from sync.hub.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="migration",
)
with context.begin_transaction():
    context.run_migrations()
