"""How alembic reaches the database: through the connection that ``migrate`` hands in."""

from alembic import context

from worker.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
