"""The root of every table, the one way an instant is stored, and the guards that stand beside a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DDL, JSON, DateTime, Dialect, MetaData, Table, TypeDecorator, event
from sqlalchemy.orm import DeclarativeBase

from errors import NaiveInstant

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC; a naive one is refused, going in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn to UTC; SQLite keeps no offset, so there it is dropped after the turn."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise NaiveInstant(value=value)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give it back aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table of the house hangs here, so that migrations can be held against it."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 -- SQLAlchemy reads a plain dict
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


Guards = Mapping[str, Sequence[str]]  # dialect name → statements


def guard(entity: type[Base], guards: Guards) -> None:
    """Let `guards` be run whenever the table of `entity` is made by `metadata.create_all`.

    A migration that makes the table runs the same statements: `for sql in GUARDS[dialect]: op.execute(sql)`.
    """
    table = entity.__table__
    assert isinstance(table, Table)  # noqa: S101 -- an entity of ours is never a join or a subquery
    for dialect, statements in guards.items():
        for statement in statements:
            ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]  # SQLAlchemy left it so
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


def frozen(table: str, *columns: str, once: str | None = None) -> Guards:
    """Guards that refuse any change of `columns`, and the deletion of a row, once it is written.

    With `once`, from the moment that this column is set.
    """
    changed = {
        "sqlite": " or ".join(f"old.{column} is not new.{column}" for column in columns),
        # PostgreSQL has no equality for JSON: its text is compared.
        "postgresql": " or ".join(f"old.{column}::text is distinct from new.{column}::text" for column in columns),
    }
    set_ = f"old.{once} is not null and " if once else ""
    refused = f"{table} never changes once written"
    return {
        "sqlite": [
            f"""create trigger {table}_frozen before update on {table} when {set_}({changed["sqlite"]})
            begin select raise(abort, '{refused}'); end""",
            f"create trigger {table}_kept before delete on {table} begin select raise(abort, '{refused}'); end",
            # INSERT OR REPLACE deletes and inserts without firing the other triggers.
            f"""create trigger {table}_no_replace before insert on {table}
            when exists (select 1 from {table} where id = new.id)
            begin select raise(abort, '{refused}'); end""",  # noqa: S608 -- our own tables' names
        ],
        "postgresql": [
            f"""create function {table}_refuse() returns trigger language plpgsql as
            $$ begin raise exception '{refused}'; end $$""",
            f"""create trigger {table}_frozen before update on {table} for each row
            when ({set_}({changed["postgresql"]})) execute function {table}_refuse()""",
            f"create trigger {table}_kept before delete on {table} for each row execute function {table}_refuse()",
        ],
    }
