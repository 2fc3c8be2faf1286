"""Alembic's entry: runs the migrations on the engine that is handed in, in one transaction."""

from alembic import context

from store.base import Base

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=False)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
