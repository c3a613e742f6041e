"""Alembic environment: migrates on the connection and in the transaction passed in by `store.migrate`."""

from alembic import context

from provserver.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
