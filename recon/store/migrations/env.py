"""Alembic's environment: always runs on the connection (and in the transaction) that the store hands over."""

from alembic import context

from recon.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
