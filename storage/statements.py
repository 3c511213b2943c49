"""The few statements every room is made of: add if absent, compare and set, one row, many rows, wait your turn."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Executable, RowMapping, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.base import Base, table_of


def is_postgresql(session: Session) -> bool:
    """Whether this session speaks to PostgreSQL (otherwise it is SQLite)."""
    return session.get_bind().dialect.name == "postgresql"


def upsert(session: Session, entity: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say ON CONFLICT, in the dialect of this session."""
    table = table_of(entity)
    return postgresql.insert(table) if is_postgresql(session) else sqlite.insert(table)


def add(session: Session, entity: type[Base], values: Mapping[str, Any]) -> None:
    """Insert one row; a row with the same key is a Conflict when the transaction maps its errors."""
    session.execute(insert(table_of(entity)).values(**values))


def add_if_absent(session: Session, entity: type[Base], values: Mapping[str, Any]) -> bool:
    """Insert one row unless one with the same key (or unique columns) exists; True when it was inserted."""
    return affected(session, upsert(session, entity).values(**values).on_conflict_do_nothing()) == 1


def compare_and_set(
    session: Session, entity: type[Base], where: Sequence[ColumnElement[bool]], values: Mapping[str, Any]
) -> int:
    """Change the rows that still look like `where`; how many did. The database decides: of two racers one wins."""
    return affected(session, update(table_of(entity)).where(*where).values(**values))


def affected(session: Session, statement: Executable) -> int:
    """Execute a statement that writes; how many rows it touched (the driver keeps that for INSERT only when asked)."""
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    return int(cast("CursorResult[Any]", result).rowcount)


def one(session: Session, entity: type[Base], *where: ColumnElement[bool], lock: bool = False) -> RowMapping | None:
    """The row that matches, or None. With `lock` nobody else can change it until this transaction ends."""
    statement = select(table_of(entity)).where(*where)
    if lock:
        statement = statement.with_for_update()
    return session.execute(statement).mappings().one_or_none()


def many(
    session: Session,
    entity: type[Base],
    *where: ColumnElement[bool],
    order: Sequence[Any],
    limit: int | None = None,
    offset: int = 0,
) -> Sequence[RowMapping]:
    """The rows that match, in a written order; with `limit`, so many at most after leaving out `offset`."""
    statement = select(table_of(entity)).where(*where).order_by(*order).limit(limit)
    if offset:
        statement = statement.offset(offset)
    return session.execute(statement).mappings().all()


MOST_NAMED = 500
"""Keys named in one statement; databases refuse a few tens of thousands."""


def in_chunks(keys: Collection[str]) -> Iterator[Sequence[str]]:
    """Keys, each once and in order, in lists short enough for one statement."""
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), MOST_NAMED):
        yield ordered[start : start + MOST_NAMED]


def wait_turn(session: Session, name: str) -> None:
    """Until this transaction ends, nobody else passes here with the same `name`.

    PostgreSQL: an advisory transaction lock on the first 8 bytes of sha256(name). SQLite: nothing to do, because a
    write transaction is already alone.
    """
    if is_postgresql(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": turn(name)})


def turn(name: str) -> int:
    """The number of an advisory lock."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
