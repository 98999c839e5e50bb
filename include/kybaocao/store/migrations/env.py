"""Alembic's entry: always online, on the connection handed in by `migrate.upgrade`."""

from alembic import context

from kybaocao.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction already holds
)
context.run_migrations()
