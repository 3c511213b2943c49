"""What every table shares: its base class, text that sorts by bytes, instants that read alike everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, cast

from sqlalchemy import BigInteger, Dialect, Table, Text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine

from domain.errors import BadInput


def byte_ordered_text() -> TypeEngine[str]:
    """Text compared byte by byte on both databases; PostgreSQL would else order it by the locale of its server."""
    return Text().with_variant(Text(collation="C"), "postgresql")


class Instant(TypeDecorator[datetime]):
    """A moment, stored as UTC text of fixed width (`2026-01-05T08:00:00.000000Z`), so that it sorts as text.

    Takes aware datetimes only (BadInput otherwise) and gives back aware UTC ones, to the microsecond.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type of this database."""
        return dialect.type_descriptor(Text(collation="C") if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To the text of the column."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise BadInput(f"the time {value.isoformat()} names no zone", field="at", fix="give it with its offset")
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """From the text of the column."""
        return None if value is None else datetime.fromisoformat(value)


class Base(DeclarativeBase):
    """The base of every table class; each table class lives in the room that owns it."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: byte_ordered_text(),
        datetime: Instant(),
        int: BigInteger(),
    }


def table_of(entity: type[Base]) -> Table:
    """The table of a mapped class. Rooms select from it, not the class: so nothing they read is a cached object."""
    return cast(Table, entity.__table__)
