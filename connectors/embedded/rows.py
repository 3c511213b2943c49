"""Nouns to rows and back. A table's columns carry the names of the noun's fields, so both ways are one line."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Table, insert, select

from domain.noun import Noun

N = TypeVar("N", bound=Noun)


def to_row(noun: Noun, table: Table, **extra: object) -> dict[str, Any]:
    """The values of `noun` that `table` has columns for, and `extra`."""
    fields = type(noun).model_fields
    row = {column.name: getattr(noun, column.name) for column in table.columns if column.name in fields}
    return {name: value.value if isinstance(value, Enum) else value for name, value in {**row, **extra}.items()}


def to_noun(kind: type[N], row: Row[Any], **extra: object) -> N:
    """The noun a row holds; `extra` are fields kept in other tables."""
    values = row._mapping
    return kind(**({name: values[name] for name in kind.model_fields if name in values} | extra))


def store(db: Connection, table: Table, nouns: Iterable[Noun], **extra: object) -> None:
    """Insert nouns, all in one statement."""
    if rows := [to_row(noun, table, **extra) for noun in nouns]:
        db.execute(insert(table), rows)


def fetch(db: Connection, table: Table, kind: type[N], *where: ColumnElement[bool]) -> tuple[N, ...]:
    """All nouns of a table that meet every condition, in the order of the primary key."""
    query = select(table).where(*where).order_by(*table.primary_key.columns)
    return tuple(to_noun(kind, row) for row in db.execute(query))


def among(column: Any, wanted: Collection[str] | None) -> tuple[ColumnElement[bool], ...]:
    """A condition that `column` is one of `wanted`; no condition for None."""
    return () if wanted is None else (column.in_(sorted(wanted)),)
