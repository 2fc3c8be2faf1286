"""Alembic's entry: runs the migrations on the engine that is handed in, in one transaction."""

from alembic import context
from sqlalchemy import text

from store.base import Base

ONE_AT_A_TIME = 0x70C51  # any number, the same in every process of ours

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=False)
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Two processes that start together: the second waits here, and then finds nothing left to do.
            connection.execute(text(f"select pg_advisory_xact_lock({ONE_AT_A_TIME})"))
        context.run_migrations()
    connection.commit()
